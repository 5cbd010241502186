-- After the insert: what is staged but does not stand in the table as it is.
SELECT s.row_number, s.provider_id, 'version', 'is stored with other content', s.version::text
FROM pg_temp.staged_repayments AS s
JOIN blink.repayments AS t
    ON t.advance_id = s.advance_id AND t.provider_id = s.provider_id AND t.version = s.version
WHERE (t.voided, t.paid_at, t.amount, t.currency) IS DISTINCT FROM (s.voided, s.paid_at, s.amount, s.currency)
ORDER BY s.row_number
