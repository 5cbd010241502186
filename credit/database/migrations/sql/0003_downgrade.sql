-- Back to a foreign key, which proves what is stored.
DROP TRIGGER snapshots_stored ON blink.risk_score_audits;
DROP FUNCTION blink.check_snapshots_stored();
ALTER TABLE blink.risk_score_audits ADD FOREIGN KEY (as_of, snapshot_id)
    REFERENCES blink.feature_store_snapshots (as_of, snapshot_id);
