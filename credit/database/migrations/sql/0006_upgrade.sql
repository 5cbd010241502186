-- Protected columns of a lender's own table, for the fairness screen of a training (docs/decisions/0017). They are no
-- features, and whoever scores cannot read them. Run as blink_owner inside one transaction. The last release writes none
-- and reads columns by their names.
ALTER TABLE blink.ground_truth_labels
    ADD COLUMN protected jsonb CHECK (jsonb_typeof(protected) = 'object');
COMMENT ON COLUMN blink.ground_truth_labels.protected IS
    'by name: texts of protected columns, which no model may read; NULL: none was loaded';

-- A column that is added later is granted to it by its migration, or the scorer will not see it.
REVOKE SELECT ON blink.ground_truth_labels FROM blink_scorer;
GRANT SELECT (portfolio, batch_id, subject_id, observed_at, version, voided, known_at, features, label, ingested_at, xid,
              backfilled)
    ON blink.ground_truth_labels TO blink_scorer;
