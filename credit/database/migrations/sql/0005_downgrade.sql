DROP INDEX blink.ground_truth_labels_xid_idx;
