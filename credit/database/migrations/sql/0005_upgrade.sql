-- `blink score` of a portfolio that comes as a table looks for rows that its last run could not see. Run as blink_owner
-- inside one transaction.
CREATE INDEX ground_truth_labels_xid_idx ON blink.ground_truth_labels (xid);
