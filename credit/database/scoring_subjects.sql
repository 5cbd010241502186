-- Which subjects a run has to score still, in order of their ids' code points.
--
-- In:  :portfolio text, :as_of timestamptz, :snapshot pg_snapshot   what the run sees
--      :since pg_snapshot   what the last finished run saw; NULL: every subject counts as new
--      :model_id text       whose champion scores as of :as_of are not to be written again
--      :shards int, :shard int
-- Out: subject_id, each once
WITH
-- Accounts of which something is visible now that the last finished run could not see. Transaction ids below the
-- snapshot's xmin were all seen, so that an index range holds everything else.
touched AS (
    SELECT t.account_id
    FROM blink.transactions AS t
    WHERE t.xid >= pg_snapshot_xmin(CAST(:since AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(t.xid, CAST(:since AS pg_snapshot))
      AND blink.was_visible(t.ingested_at, t.xid, :as_of, CAST(:snapshot AS pg_snapshot))
    UNION
    SELECT coalesce(a.corrects, a.account_id)
    FROM blink.accounts AS a
    WHERE a.xid >= pg_snapshot_xmin(CAST(:since AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(a.xid, CAST(:since AS pg_snapshot))
      AND blink.was_visible(a.ingested_at, a.xid, :as_of, CAST(:snapshot AS pg_snapshot))
    UNION
    SELECT d.account_id
    FROM blink.advances AS d
    WHERE d.xid >= pg_snapshot_xmin(CAST(:since AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(d.xid, CAST(:since AS pg_snapshot))
      AND blink.was_visible(d.ingested_at, d.xid, :as_of, CAST(:snapshot AS pg_snapshot))
    UNION
    SELECT d.account_id
    FROM blink.repayments AS r
    INNER JOIN blink.advances AS d ON d.advance_id = r.advance_id
    WHERE r.xid >= pg_snapshot_xmin(CAST(:since AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(r.xid, CAST(:since AS pg_snapshot))
      AND blink.was_visible(r.ingested_at, r.xid, :as_of, CAST(:snapshot AS pg_snapshot))
)
SELECT DISTINCT a.subject_id COLLATE "C" AS subject_id
FROM blink.accounts AS a
WHERE a.portfolio = :portfolio
  AND a.version = 1
  AND (hashtextextended(a.subject_id, 0) & 9223372036854775807) % :shards = :shard
  AND blink.was_visible(a.ingested_at, a.xid, :as_of, CAST(:snapshot AS pg_snapshot))
  -- A user of whom nothing has happened yet has nothing to be scored on.
  AND EXISTS (
      SELECT FROM blink.transactions AS t
      WHERE t.account_id = a.account_id
        AND t.posted_at < :as_of
        AND t.status = 'posted'
        AND blink.was_visible(t.ingested_at, t.xid, :as_of, CAST(:snapshot AS pg_snapshot))
  )
  AND (
      CAST(:since AS pg_snapshot) IS NULL
      OR a.subject_id IN (
          SELECT o.subject_id
          FROM touched
          INNER JOIN blink.accounts AS o ON o.account_id = touched.account_id
          WHERE o.portfolio = :portfolio
      )
  )
  AND NOT EXISTS (
      SELECT FROM blink.risk_score_audits AS s
      WHERE s.as_of = :as_of
        AND s.portfolio = :portfolio
        AND s.subject_id = a.subject_id
        AND s.model_id = :model_id
        AND s.role = 'champion'
        AND s.origin = 'batch'
  )
ORDER BY subject_id
