INSERT INTO blink.fx_rates (base, quote, valid_at, version, voided, rate, ingested_at, backfilled)
SELECT s.base, s.quote, s.valid_at, s.version, s.voided, trim_scale(s.rate), s.ingested_at, %(history)s
FROM pg_temp.staged_fx_rates AS s
ON CONFLICT DO NOTHING
