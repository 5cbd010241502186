INSERT INTO blink.transactions
    (account_id, provider_id, version, voided, posted_at, amount, currency, balance_after, category, status,
     ingested_at, backfilled)
SELECT s.account_id, s.provider_id, s.version, s.voided, s.posted_at, s.amount, s.currency, s.balance_after,
       s.category, s.status, s.ingested_at, %(history)s
FROM pg_temp.staged_transactions AS s
ON CONFLICT DO NOTHING
