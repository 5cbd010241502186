-- For each advance request the features that a score of its time was computed from: the latest snapshot of the
-- user taken within :snapshot_hours before the request, by us (a client's own features never train a model), of a
-- score that was audited, and with every feature of today's portfolio. One row a request that has one.
SELECT k.ordinal - 1 AS position,
       snapshot.as_of,
       snapshot.pg_snapshot::text AS pg_snapshot,
       snapshot.features
FROM unnest(CAST(:subject_ids AS text[]), CAST(:requested_ats AS timestamptz[]))
     WITH ORDINALITY AS k (subject_id, requested_at, ordinal)
CROSS JOIN LATERAL (
    SELECT s.as_of, s.pg_snapshot, s.features
    FROM blink.feature_store_snapshots AS s
    WHERE s.portfolio = :portfolio
          AND s.subject_id = k.subject_id
          AND s.as_of <= k.requested_at
          AND s.as_of >= k.requested_at - make_interval(hours => :snapshot_hours)
          AND s.source = 'computed'
          AND s.features ?& CAST(:feature_names AS text[])
          AND EXISTS (
              SELECT FROM blink.risk_score_audits AS a
              WHERE a.portfolio = s.portfolio AND a.subject_id = s.subject_id AND a.as_of = s.as_of
                    AND a.snapshot_id = s.snapshot_id
          )
    ORDER BY s.as_of DESC, s.snapshot_id
    LIMIT 1
) AS snapshot
ORDER BY k.ordinal
