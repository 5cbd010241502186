-- `/score` without features reads the latest row of a subject, whatever its batch. Run as blink_owner inside one
-- transaction.
CREATE INDEX ground_truth_labels_subject_idx
    ON blink.ground_truth_labels (portfolio, subject_id, observed_at);
COMMENT ON COLUMN blink.ground_truth_labels.features IS
    'by name: numbers, texts of categorical features, null where missing';
COMMENT ON COLUMN blink.ground_truth_labels.known_at IS
    'time from which the label was known; a label that is known later than the time in question is none';
