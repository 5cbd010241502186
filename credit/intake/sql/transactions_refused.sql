-- After the insert: what is staged but does not stand in the table as it is.
SELECT s.row_number, s.provider_id, 'version', 'is stored with other content', s.version::text
FROM pg_temp.staged_transactions AS s
JOIN blink.transactions AS t
    ON t.account_id = s.account_id AND t.provider_id = s.provider_id AND t.version = s.version
WHERE (t.voided, t.posted_at, t.amount, t.currency, t.balance_after, t.category, t.status)
      IS DISTINCT FROM (s.voided, s.posted_at, s.amount, s.currency, s.balance_after, s.category, s.status)
ORDER BY s.row_number
