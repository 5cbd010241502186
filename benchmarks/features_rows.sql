-- :users users with one account and :transactions transactions each over 720 days from 2024-01-01, one in a hundred
-- corrected, twelve advances with a repayment each. Triggers are off: history in bulk needs no stamp.
INSERT INTO blink.accounts (portfolio, provider_id, subject_id, currency, timezone, opened_at, ingested_at, xid,
                            backfilled)
SELECT 'cash_advance', 'a' || i, 'u' || i, 'USD', (ARRAY['America/New_York', 'Europe/Berlin', 'Asia/Tokyo'])[1 + i % 3],
       '2023-06-01', '2023-06-01', '10', true
FROM generate_series(1, CAST(:users AS int)) AS i;

INSERT INTO blink.transactions (account_id, provider_id, posted_at, amount, currency, balance_after, category,
                                ingested_at, xid, backfilled)
SELECT a.account_id, 't' || j, x.posted_at,
       CASE WHEN j % 25 = 0 THEN 200000 ELSE -1 - CAST(random() * 10000 AS int) END, 'USD',
       CAST(random() * 200000 AS int) - 10000,
       CASE WHEN j % 25 = 0 THEN 'salary'
            ELSE (ARRAY['groceries', 'rent', 'shopping', 'gambling', 'cash_out', 'loan_payment'])[1 + j % 6] END,
       x.posted_at + interval '1 day', '10', true
-- In the order of time: users' rows lie scattered over the table, as they come in.
FROM generate_series(1, CAST(:transactions AS int)) AS j
CROSS JOIN blink.accounts AS a
CROSS JOIN LATERAL (
    SELECT timestamptz '2024-01-01 00:00+00'
        + (j * 720.0 / :transactions + a.account_id % 97 / 97.0) * interval '1 day' AS posted_at
) AS x;

INSERT INTO blink.transactions (account_id, provider_id, version, posted_at, amount, currency, balance_after,
                                category, ingested_at, xid, backfilled)
SELECT account_id, provider_id, 2, posted_at, amount, currency, balance_after, category,
       ingested_at + interval '2 days', '11', true
FROM blink.transactions WHERE hashtext(account_id || provider_id) % 100 = 0;

INSERT INTO blink.advances (account_id, provider_id, requested_at, due_at, amount, fee, currency, ingested_at, xid,
                            backfilled)
SELECT account_id, 'adv' || j, x.requested_at, x.requested_at + interval '14 days', 10000, 500, 'USD',
       x.requested_at, '10', true
FROM blink.accounts
CROSS JOIN generate_series(1, 12) AS j
CROSS JOIN LATERAL (SELECT timestamptz '2024-01-10 00:00+00' + j * interval '40 days' AS requested_at) AS x;

INSERT INTO blink.repayments (advance_id, provider_id, paid_at, amount, currency, ingested_at, xid, backfilled)
SELECT advance_id, 'r', due_at + (random() * 5 - 2) * interval '1 day', 10500, 'USD', due_at + interval '6 days', '10',
       true
FROM blink.advances;
