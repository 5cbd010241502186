-- Which subjects of a portfolio that comes as a table a run has to score still, in order of their ids' code points.
--
-- In:  as in scoring_subjects.sql
-- Out: subject_id, each once
WITH
-- Subjects of whom the last finished run could not see a row as it is now. A version that brings a label alone is no
-- news: the features are what they were.
touched AS (
    SELECT t.subject_id
    FROM blink.ground_truth_labels AS t
    WHERE t.portfolio = :portfolio
      AND t.xid >= pg_snapshot_xmin(CAST(:since AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(t.xid, CAST(:since AS pg_snapshot))
      AND blink.was_visible(t.ingested_at, t.xid, :as_of, CAST(:snapshot AS pg_snapshot))
      AND NOT EXISTS (
          SELECT FROM blink.ground_truth_labels AS before
          WHERE before.portfolio = t.portfolio AND before.batch_id = t.batch_id
                AND before.subject_id = t.subject_id AND before.observed_at = t.observed_at
                AND before.version = t.version - 1
                AND pg_visible_in_snapshot(before.xid, CAST(:since AS pg_snapshot))
                AND before.features = t.features AND before.voided = t.voided
      )
)
SELECT DISTINCT t.subject_id COLLATE "C" AS subject_id
FROM blink.ground_truth_labels AS t
WHERE t.portfolio = :portfolio
  AND (hashtextextended(t.subject_id, 0) & 9223372036854775807) % :shards = :shard
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
  AND (CAST(:since AS pg_snapshot) IS NULL OR t.subject_id IN (SELECT subject_id FROM touched))
  AND NOT EXISTS (
      SELECT FROM blink.risk_score_audits AS s
      WHERE s.as_of = :as_of
        AND s.portfolio = :portfolio
        AND s.subject_id = t.subject_id
        AND s.model_id = :model_id
        AND s.role = 'champion'
        AND s.origin = 'batch'
  )
ORDER BY subject_id
