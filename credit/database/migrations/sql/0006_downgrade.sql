-- What was loaded of protected columns is lost.
REVOKE SELECT (portfolio, batch_id, subject_id, observed_at, version, voided, known_at, features, label, ingested_at, xid,
               backfilled)
    ON blink.ground_truth_labels FROM blink_scorer;
ALTER TABLE blink.ground_truth_labels DROP COLUMN protected;
GRANT SELECT ON blink.ground_truth_labels TO blink_scorer;
