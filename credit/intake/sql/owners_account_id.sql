-- The key is that of version 1, the currency that of the last version.
SELECT DISTINCT ON (provider_id) provider_id, coalesce(corrects, account_id), currency
FROM blink.accounts
WHERE portfolio = %(portfolio)s AND provider_id = ANY (%(ids)s)
ORDER BY provider_id, version DESC
