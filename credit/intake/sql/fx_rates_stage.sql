CREATE TEMPORARY TABLE IF NOT EXISTS staged_fx_rates (
    row_number  bigint,
    base        text,
    quote       text,
    valid_at    timestamptz,
    rate        numeric,
    version     integer,
    voided      boolean,
    ingested_at timestamptz
) ON COMMIT DROP
