-- Versions 1 first, then corrections of what is there: the trigger refuses others with the whole statement.
INSERT INTO blink.accounts
    (portfolio, provider_id, version, voided, subject_id, currency, timezone, opened_at, ingested_at, backfilled)
SELECT %(portfolio)s, s.provider_id, s.version, s.voided, s.subject_id, s.currency, s.timezone, s.opened_at,
       s.ingested_at, %(history)s
FROM pg_temp.staged_accounts AS s
WHERE (s.version > 1) = %(corrections)s
  AND (s.version = 1 OR EXISTS (
      SELECT FROM blink.accounts AS first
      WHERE first.portfolio = %(portfolio)s AND first.provider_id = s.provider_id AND first.version = 1
        AND first.subject_id = s.subject_id))
ORDER BY s.version, s.row_number
ON CONFLICT DO NOTHING
