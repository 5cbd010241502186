-- The key is that of version 1, the currency that of the last version.
SELECT DISTINCT ON (v.provider_id) v.provider_id, coalesce(v.corrects, v.advance_id), v.currency
FROM blink.advances AS v JOIN blink.accounts AS a ON a.account_id = v.account_id
WHERE a.portfolio = %(portfolio)s AND v.provider_id = ANY (%(ids)s)
ORDER BY v.provider_id, v.version DESC
