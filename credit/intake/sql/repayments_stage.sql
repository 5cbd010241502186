CREATE TEMPORARY TABLE IF NOT EXISTS staged_repayments (
    row_number  bigint,
    provider_id text,
    advance_id  bigint,
    paid_at     timestamptz,
    amount      bigint,
    currency    text,
    version     integer,
    voided      boolean,
    ingested_at timestamptz
) ON COMMIT DROP
