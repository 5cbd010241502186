CREATE TEMPORARY TABLE IF NOT EXISTS staged_accounts (
    row_number  bigint,
    provider_id text,
    subject_id  text,
    currency    text,
    timezone    text,
    opened_at   timestamptz,
    version     integer,
    voided      boolean,
    ingested_at timestamptz
) ON COMMIT DROP
