-- The features of the latest row of each subject of a portfolio that comes as a table, as the reader of :snapshot saw
-- it at :as_of. One row a subject that has one; of equal times the row that was loaded last.
SELECT k.ordinal - 1 AS position, latest.features
FROM unnest(CAST(:subject_ids AS text[])) WITH ORDINALITY AS k (subject_id, ordinal)
CROSS JOIN LATERAL (
    SELECT t.features
    FROM blink.ground_truth_labels AS t
    WHERE t.portfolio = :portfolio
          AND t.subject_id = k.subject_id
          AND t.observed_at <= :as_of
          AND blink.was_visible(t.ingested_at, t.xid, :as_of, CAST(:snapshot AS pg_snapshot))
          AND NOT t.voided
          AND NOT EXISTS (
              SELECT FROM blink.ground_truth_labels AS later
              WHERE later.portfolio = t.portfolio AND later.batch_id = t.batch_id
                    AND later.subject_id = t.subject_id AND later.observed_at = t.observed_at
                    AND later.version > t.version
                    AND blink.was_visible(later.ingested_at, later.xid, :as_of, CAST(:snapshot AS pg_snapshot))
          )
    ORDER BY t.observed_at DESC, t.ingested_at DESC, t.batch_id DESC
    LIMIT 1
) AS latest
ORDER BY k.ordinal
