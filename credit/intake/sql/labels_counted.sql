-- Rows, labelled rows and bads of batches, in their last versions.
SELECT batch_id, count(*)::int, count(label)::int, count(*) FILTER (WHERE label = 1)::int
FROM (
    SELECT DISTINCT ON (batch_id, subject_id, observed_at) batch_id, label, voided
    FROM blink.ground_truth_labels
    WHERE portfolio = :portfolio AND batch_id = ANY (:batch_ids)
    ORDER BY batch_id, subject_id, observed_at, version DESC
) AS last
WHERE NOT voided
GROUP BY batch_id
ORDER BY batch_id
