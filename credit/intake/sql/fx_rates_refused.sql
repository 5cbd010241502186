-- After the insert: what is staged but does not stand in the table as it is.
SELECT s.row_number, s.base || '/' || s.quote, 'version', 'is stored with other content', s.version::text
FROM pg_temp.staged_fx_rates AS s
JOIN blink.fx_rates AS t
    ON t.base = s.base AND t.quote = s.quote AND t.valid_at = s.valid_at AND t.version = s.version
WHERE (t.voided, t.rate) IS DISTINCT FROM (s.voided, s.rate)
ORDER BY s.row_number
