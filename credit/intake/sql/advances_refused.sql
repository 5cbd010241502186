-- After the insert: what is staged but does not stand in the table as it is.
WITH first AS (
    SELECT v.provider_id, v.account_id
    FROM blink.advances AS v JOIN blink.accounts AS a ON a.account_id = v.account_id
    WHERE a.portfolio = %(portfolio)s AND v.version = 1
)
SELECT s.row_number, s.provider_id,
       CASE WHEN t.advance_id IS NULL AND first.account_id IS NOT NULL THEN 'account_id' ELSE 'version' END,
       CASE WHEN t.advance_id IS NOT NULL THEN 'is stored with other content'
            WHEN first.account_id IS NULL THEN 'corrects an advance that has no version 1'
            ELSE 'the advance belongs to another account' END,
       CASE WHEN t.advance_id IS NULL AND first.account_id IS NOT NULL
            THEN (SELECT a.provider_id FROM blink.accounts AS a WHERE a.account_id = s.account_id) ELSE s.version::text END
FROM pg_temp.staged_advances AS s
LEFT JOIN blink.advances AS t
    ON t.account_id = s.account_id AND t.provider_id = s.provider_id AND t.version = s.version
LEFT JOIN first ON first.provider_id = s.provider_id
WHERE t.advance_id IS NULL
   OR (t.voided, t.requested_at, t.due_at, t.extended_due_at, t.written_off_at, t.amount, t.fee, t.currency)
      IS DISTINCT FROM
      (s.voided, s.requested_at, s.due_at, s.extended_due_at, s.written_off_at, s.amount, s.fee, s.currency)
ORDER BY s.row_number
