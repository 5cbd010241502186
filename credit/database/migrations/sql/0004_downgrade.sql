COMMENT ON COLUMN blink.ground_truth_labels.known_at IS NULL;
COMMENT ON COLUMN blink.ground_truth_labels.features IS NULL;
DROP INDEX blink.ground_truth_labels_subject_idx;
