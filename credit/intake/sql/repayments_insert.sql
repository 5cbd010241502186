INSERT INTO blink.repayments
    (advance_id, provider_id, version, voided, paid_at, amount, currency, ingested_at, backfilled)
SELECT s.advance_id, s.provider_id, s.version, s.voided, s.paid_at, s.amount, s.currency, s.ingested_at, %(history)s
FROM pg_temp.staged_repayments AS s
ON CONFLICT DO NOTHING
