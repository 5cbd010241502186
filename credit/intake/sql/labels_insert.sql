-- The next version of each staged row whose content is not that of the last one. A file without times
-- (dated = false) corrects the row of the same batch and subject, whenever that was loaded first. A file without a
-- protected column says nothing of it: what was known stays.
INSERT INTO blink.ground_truth_labels
    (portfolio, batch_id, subject_id, observed_at, version, known_at, features, label, protected)
SELECT %(portfolio)s, s.batch_id, s.subject_id, coalesce(last.observed_at, s.observed_at),
       coalesce(last.version, 0) + 1, s.known_at, s.features, s.label,
       coalesce(last.protected || s.protected, s.protected, last.protected)
FROM pg_temp.staged_labels AS s
LEFT JOIN LATERAL (
    SELECT t.observed_at, t.version, t.voided, t.known_at, t.features, t.label, t.protected
    FROM blink.ground_truth_labels AS t
    WHERE t.portfolio = %(portfolio)s AND t.batch_id = s.batch_id AND t.subject_id = s.subject_id
          AND (t.observed_at = s.observed_at OR NOT %(dated)s)
    ORDER BY t.observed_at DESC, t.version DESC
    LIMIT 1
) AS last ON true
WHERE last.version IS NULL
      OR last.voided
      OR (last.features, last.label) IS DISTINCT FROM (s.features, s.label)
      OR (%(known)s AND last.known_at IS DISTINCT FROM s.known_at)
      OR last.protected IS DISTINCT FROM coalesce(last.protected || s.protected, s.protected, last.protected)
