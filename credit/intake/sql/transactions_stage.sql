CREATE TEMPORARY TABLE IF NOT EXISTS staged_transactions (
    row_number    bigint,
    provider_id   text,
    account_id    bigint,
    posted_at     timestamptz,
    amount        bigint,
    currency      text,
    balance_after bigint,
    category      text,
    status        text,
    version       integer,
    voided        boolean,
    ingested_at   timestamptz
) ON COMMIT DROP
