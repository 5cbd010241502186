CREATE TEMPORARY TABLE IF NOT EXISTS staged_advances (
    row_number      bigint,
    provider_id     text,
    account_id      bigint,
    requested_at    timestamptz,
    due_at          timestamptz,
    amount          bigint,
    fee             bigint,
    currency        text,
    written_off_at  timestamptz,
    extended_due_at timestamptz,
    version         integer,
    voided          boolean,
    ingested_at     timestamptz
) ON COMMIT DROP
