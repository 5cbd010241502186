-- After the insert: what is staged but does not stand in the table as it is.
SELECT s.row_number, s.provider_id,
       CASE WHEN t.account_id IS NULL AND first.account_id IS NOT NULL THEN 'subject_id' ELSE 'version' END,
       CASE WHEN t.account_id IS NOT NULL THEN 'is stored with other content'
            WHEN first.account_id IS NULL THEN 'corrects an account that has no version 1'
            ELSE 'a correction may not move an account to another subject' END,
       CASE WHEN t.account_id IS NULL AND first.account_id IS NOT NULL
            THEN s.subject_id ELSE s.version::text END
FROM pg_temp.staged_accounts AS s
LEFT JOIN blink.accounts AS t
    ON t.portfolio = %(portfolio)s AND t.provider_id = s.provider_id AND t.version = s.version
LEFT JOIN blink.accounts AS first
    ON first.portfolio = %(portfolio)s AND first.provider_id = s.provider_id AND first.version = 1
WHERE t.account_id IS NULL
   OR (t.voided, t.subject_id, t.currency, t.timezone, t.opened_at)
      IS DISTINCT FROM (s.voided, s.subject_id, s.currency, s.timezone, s.opened_at)
ORDER BY s.row_number
