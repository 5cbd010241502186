-- Versions 1 first, then corrections of what is there: the trigger refuses others with the whole statement.
-- Repayments name an advance by its id alone, so that an id belongs to one account of a portfolio.
WITH claimed AS (
    SELECT DISTINCT ON (provider_id) provider_id, account_id
    FROM pg_temp.staged_advances
    ORDER BY provider_id, version, row_number
), elsewhere AS (
    SELECT v.provider_id, v.account_id
    FROM blink.advances AS v JOIN blink.accounts AS a ON a.account_id = v.account_id
    WHERE a.portfolio = %(portfolio)s AND v.version = 1
)
INSERT INTO blink.advances
    (account_id, provider_id, version, voided, requested_at, due_at, extended_due_at, written_off_at, amount, fee,
     currency, ingested_at, backfilled)
SELECT s.account_id, s.provider_id, s.version, s.voided, s.requested_at, s.due_at, s.extended_due_at,
       s.written_off_at, s.amount, s.fee, s.currency, s.ingested_at, %(history)s
FROM pg_temp.staged_advances AS s
LEFT JOIN elsewhere AS stored ON stored.provider_id = s.provider_id
JOIN claimed ON claimed.provider_id = s.provider_id
WHERE (s.version > 1) = %(corrections)s
  AND s.account_id = coalesce(stored.account_id, claimed.account_id)
  AND (s.version = 1 OR stored.account_id IS NOT NULL)
ORDER BY s.version, s.row_number
ON CONFLICT DO NOTHING
