-- Rows of a portfolio that comes as a table, as they were known at :as_of: of each the last version, voided ones left
-- out; of one :batch_id, or of all where it is NULL. Where :one_each, one row for each subject and time: that of the
-- batch that was loaded last. In order of time, then of subject (numbers in their own order).
WITH last AS (
    SELECT DISTINCT ON (batch_id, subject_id, observed_at)
           batch_id, subject_id, observed_at, known_at, features, protected, label, voided, ingested_at
    FROM blink.ground_truth_labels
    WHERE portfolio = :portfolio
          AND (CAST(:batch_id AS text) IS NULL OR batch_id = :batch_id)
          AND ingested_at <= :as_of
          AND observed_at <= :as_of
    ORDER BY batch_id, subject_id, observed_at, version DESC
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY subject_id, observed_at ORDER BY ingested_at DESC, batch_id DESC) AS place
    FROM last
    WHERE NOT voided
)
SELECT subject_id,
       (extract(epoch FROM observed_at) * 1000000)::bigint AS observed_at,
       CASE WHEN known_at <= :as_of AND label IS NOT NULL
            THEN (extract(epoch FROM known_at) * 1000000)::bigint END AS known_at,
       features,
       protected,
       CASE WHEN known_at <= :as_of THEN label END AS label
FROM ranked
WHERE place = 1 OR NOT :one_each
ORDER BY observed_at, length(subject_id), subject_id COLLATE "C", batch_id COLLATE "C"
