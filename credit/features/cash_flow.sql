-- The cash-flow features of many users, each as of a time of its own: one definition for training, batch scoring,
-- online scoring and backfill. What each column means stands in catalogue.py and docs/features.md.
--
-- In:  :subject_ids text[], :as_ofs timestamptz[], :snapshots pg_snapshot[]   one key each, NULL: no snapshot
--      :portfolio text, :currency text, :minor_per_major float8
--      :exponent_currencies text[], :exponents int[], :default_exponent int    decimal places of currencies
-- Out: one row a key in the keys' order: has_history, and for each feature its value and, where that is NULL,
--      the reason in <feature>_because.
--
-- Everything happens in a LATERAL for one key, so that it reads this user's rows and no others. Sums run over whole
-- minor units and leave the integers at the very end, so that no order of summation shows in the result.
SELECT
    k.ordinal,
    f.*
FROM unnest(
    CAST(:subject_ids AS text[]), CAST(:as_ofs AS timestamptz[]), CAST(:snapshots AS pg_snapshot[])
) WITH ORDINALITY AS k (subject_id, as_of, snapshot, ordinal)
CROSS JOIN LATERAL (
    WITH
    -- The user's accounts in their last version known, each with the local day of as_of.
    owned AS MATERIALIZED (
        SELECT v.account_id, v.currency, v.timezone, v.today
        FROM (
            SELECT DISTINCT ON (coalesce(a.corrects, a.account_id))
                coalesce(a.corrects, a.account_id) AS account_id,
                a.currency, a.timezone, a.voided,
                CAST(k.as_of AT TIME ZONE a.timezone AS date) AS today
            FROM blink.accounts AS a
            WHERE a.portfolio = :portfolio
              AND a.subject_id = k.subject_id
              AND blink.was_visible(a.ingested_at, a.xid, k.as_of, k.snapshot)
            ORDER BY coalesce(a.corrects, a.account_id), a.version DESC
        ) AS v
        WHERE NOT v.voided
    ),

    -- Posted transactions of the current local day and the 90 before it. Pending ones are left out: their amount may
    -- still change, and once posted they come as the next version. The scan begins a day early, since a midnight can
    -- occur twice or not at all; the local date decides.
    posted AS MATERIALIZED (
        SELECT
            t.account_id, t.provider_id, t.posted_at, t.amount, t.currency, t.balance_after, t.category,
            o.today - CAST(t.posted_at AT TIME ZONE o.timezone AS date) AS days_ago
        FROM owned AS o
        INNER JOIN blink.transactions AS t
            ON t.account_id = o.account_id
           AND t.posted_at >= CAST(o.today - 91 AS timestamp) AT TIME ZONE o.timezone
           AND t.posted_at < k.as_of
        WHERE blink.was_visible(t.ingested_at, t.xid, k.as_of, k.snapshot)
          AND NOT t.voided
          AND t.status = 'posted'
          AND o.today - CAST(t.posted_at AT TIME ZONE o.timezone AS date) <= 90
          AND NOT EXISTS (
              SELECT FROM blink.transactions AS c
              WHERE c.account_id = t.account_id AND c.provider_id = t.provider_id
                AND c.version > t.version AND c.version > 1
                AND blink.was_visible(c.ingested_at, c.xid, k.as_of, k.snapshot)
          )
    ),

    -- Each account's last known balance, however old.
    balances AS MATERIALIZED (
        SELECT o.account_id, o.currency, last.balance_after
        FROM owned AS o
        CROSS JOIN LATERAL (
            SELECT t.balance_after
            FROM blink.transactions AS t
            WHERE t.account_id = o.account_id
              AND t.posted_at < k.as_of
              AND blink.was_visible(t.ingested_at, t.xid, k.as_of, k.snapshot)
              AND NOT t.voided
              AND t.status = 'posted'
              AND t.balance_after IS NOT NULL
              AND NOT EXISTS (
                  SELECT FROM blink.transactions AS c
                  WHERE c.account_id = t.account_id AND c.provider_id = t.provider_id
                    AND c.version > t.version AND c.version > 1
                    AND blink.was_visible(c.ingested_at, c.xid, k.as_of, k.snapshot)
              )
            -- Rows of one instant: by the provider's id, as numbers where they are numbers.
            ORDER BY t.posted_at DESC, length(t.provider_id) DESC, t.provider_id COLLATE "C" DESC
            LIMIT 1
        ) AS last
    ),

    -- Advances requested on the current local day or the 365 before it, in their last version known.
    lent AS MATERIALIZED (
        SELECT v.advance_id, v.days_ago, v.due_at, v.owed, v.currency
        FROM (
            SELECT DISTINCT ON (coalesce(a.corrects, a.advance_id))
                coalesce(a.corrects, a.advance_id) AS advance_id,
                a.requested_at, a.currency, a.voided,
                -- The first due date, however an extension was recorded: it cures nothing, as in the label.
                min(a.due_at) FILTER (WHERE NOT a.voided)
                    OVER (PARTITION BY coalesce(a.corrects, a.advance_id)) AS due_at,
                CAST(a.amount AS numeric) + a.fee AS owed,
                o.today - CAST(a.requested_at AT TIME ZONE o.timezone AS date) AS days_ago
            FROM owned AS o
            INNER JOIN blink.advances AS a ON a.account_id = o.account_id
            WHERE blink.was_visible(a.ingested_at, a.xid, k.as_of, k.snapshot)
            ORDER BY coalesce(a.corrects, a.advance_id), a.version DESC
        ) AS v
        WHERE NOT v.voided AND v.requested_at < k.as_of AND v.days_ago <= 365
    ),

    paid AS MATERIALIZED (
        SELECT v.advance_id, v.paid_at, v.amount, v.currency
        FROM (
            SELECT DISTINCT ON (r.advance_id, r.provider_id)
                r.advance_id, r.paid_at, r.amount, r.currency, r.voided
            FROM lent AS l
            INNER JOIN blink.repayments AS r ON r.advance_id = l.advance_id
            WHERE blink.was_visible(r.ingested_at, r.xid, k.as_of, k.snapshot)
            ORDER BY r.advance_id, r.provider_id, r.version DESC
        ) AS v
        WHERE NOT v.voided AND v.paid_at < k.as_of
    ),

    -- What one minor unit of a currency is worth in the portfolio's, as numerator / denominator (so that nothing is
    -- rounded before the amount is known): the latest rate known, direct or inverse, at a tie the direct one.
    rates AS MATERIALIZED (
        SELECT
            u.currency,
            r.numerator * power(10::numeric, home.exponent) AS numerator,
            r.denominator * power(10::numeric, abroad.exponent) AS denominator
        FROM (
            SELECT currency FROM posted
            UNION SELECT currency FROM balances
            UNION SELECT currency FROM lent
            UNION SELECT currency FROM paid
        ) AS u
        CROSS JOIN LATERAL (
            SELECT coalesce(max(e.exponent), :default_exponent) AS exponent
            FROM unnest(CAST(:exponent_currencies AS text[]), CAST(:exponents AS int[])) AS e (currency, exponent)
            WHERE e.currency = u.currency
        ) AS abroad
        CROSS JOIN LATERAL (
            SELECT coalesce(max(e.exponent), :default_exponent) AS exponent
            FROM unnest(CAST(:exponent_currencies AS text[]), CAST(:exponents AS int[])) AS e (currency, exponent)
            WHERE e.currency = :currency
        ) AS home
        CROSS JOIN LATERAL (
            SELECT q.numerator, q.denominator
            FROM (
                (
                    SELECT x.valid_at, 0 AS inverse, x.rate AS numerator, 1::numeric AS denominator
                    FROM blink.fx_rates AS x
                    WHERE x.base = u.currency AND x.quote = :currency AND x.valid_at <= k.as_of
                      AND blink.was_visible(x.ingested_at, x.xid, k.as_of, k.snapshot)
                      AND NOT x.voided
                      AND NOT EXISTS (
                          SELECT FROM blink.fx_rates AS n
                          WHERE n.base = x.base AND n.quote = x.quote AND n.valid_at = x.valid_at
                            AND n.version > x.version
                            AND blink.was_visible(n.ingested_at, n.xid, k.as_of, k.snapshot)
                      )
                    ORDER BY x.valid_at DESC, x.version DESC
                    LIMIT 1
                )
                UNION ALL
                (
                    SELECT x.valid_at, 1 AS inverse, 1::numeric AS numerator, x.rate AS denominator
                    FROM blink.fx_rates AS x
                    WHERE x.base = :currency AND x.quote = u.currency AND x.valid_at <= k.as_of
                      AND blink.was_visible(x.ingested_at, x.xid, k.as_of, k.snapshot)
                      AND NOT x.voided
                      AND NOT EXISTS (
                          SELECT FROM blink.fx_rates AS n
                          WHERE n.base = x.base AND n.quote = x.quote AND n.valid_at = x.valid_at
                            AND n.version > x.version
                            AND blink.was_visible(n.ingested_at, n.xid, k.as_of, k.snapshot)
                      )
                    ORDER BY x.valid_at DESC, x.version DESC
                    LIMIT 1
                )
            ) AS q
            ORDER BY q.valid_at DESC, q.inverse
            LIMIT 1
        ) AS r
        WHERE u.currency <> :currency
        UNION ALL
        SELECT :currency, 1, 1
    ),

    -- Amounts in whole minor units of the portfolio's currency, NULL without a rate; and the balance before each row.
    flows AS MATERIALIZED (
        SELECT
            p.account_id, p.days_ago, p.category, p.balance_after,
            CASE WHEN p.currency = :currency THEN CAST(p.amount AS numeric)  -- the same, but quicker
                 ELSE round(p.amount * r.numerator / r.denominator) END AS amount,
            p.amount > 0 AND p.category IN ('salary', 'benefit') AS is_pay,
            p.amount > 0 AND p.category IN ('salary', 'benefit', 'cash_in', 'transfer_in', 'interest') AS is_income,
            p.amount < 0 AND p.category <> 'advance_repayment' AS is_spent,
            p.amount < 0 AND p.category IN ('loan_payment', 'advance_repayment') AS is_debt,
            p.category IN ('advance_payout', 'advance_repayment') AS is_advance,
            p.amount < 0 AND p.category = 'overdraft_fee' AS is_overdraft_fee,
            p.amount < 0 AND p.category = 'fee' AS is_fee,
            lag(p.balance_after) OVER (
                PARTITION BY p.account_id ORDER BY p.posted_at, length(p.provider_id), p.provider_id COLLATE "C"
            ) AS balance_before
        FROM posted AS p
        LEFT JOIN rates AS r ON r.currency = p.currency
    ),

    sums AS MATERIALIZED (
        SELECT
            count(*) AS transactions90,
            count(*) FILTER (WHERE amount IS NULL) AS unconverted90,
            count(*) FILTER (WHERE amount IS NULL AND days_ago <= 30) AS unconverted30,
            count(*) FILTER (WHERE is_overdraft_fee) AS overdraft_fees90,
            count(*) FILTER (WHERE is_fee) AS fees90,
            count(DISTINCT days_ago) FILTER (WHERE is_overdraft_fee OR balance_after < 0) AS overdrawn90,
            count(DISTINCT days_ago) FILTER (WHERE (is_overdraft_fee OR balance_after < 0) AND days_ago <= 30)
                AS overdrawn30,
            coalesce(sum(amount) FILTER (WHERE is_income), 0) AS income90,
            coalesce(sum(amount) FILTER (WHERE is_income AND days_ago <= 30), 0) AS income30,
            -coalesce(sum(amount) FILTER (WHERE is_spent), 0) AS spent90,
            -coalesce(sum(amount) FILTER (WHERE is_spent AND days_ago <= 30), 0) AS spent30,
            -coalesce(sum(amount) FILTER (WHERE is_debt AND days_ago <= 30), 0) AS debt30,
            coalesce(sum(amount) FILTER (WHERE NOT is_advance AND days_ago <= 30), 0) AS net30,
            -coalesce(sum(amount) FILTER (WHERE is_spent AND category = 'gambling'), 0) AS gambled90,
            -coalesce(sum(amount) FILTER (WHERE is_spent AND category = 'cash_out'), 0) AS withdrawn90,
            -coalesce(sum(amount) FILTER (WHERE is_spent AND category = 'rent'), 0) AS rent90,
            -coalesce(sum(amount) FILTER (WHERE is_spent AND category IN ('rent', 'utilities', 'insurance')), 0)
                AS fixed90
        FROM flows
    ),

    -- The net flow other than pay, day by day from the first transaction in the window: days without one count as 0.
    spread AS MATERIALIZED (
        SELECT
            max(d.days_ago) + 1 AS days,
            sum(d.net) AS net,
            sum(d.net * d.net) AS net_squares
        FROM (
            SELECT
                w.days_ago,
                coalesce(sum(w.amount) FILTER (WHERE NOT w.is_pay AND NOT w.is_advance), 0) AS net
            FROM flows AS w
            GROUP BY w.days_ago
        ) AS d
    ),

    paydays AS MATERIALIZED (
        SELECT
            w.days_ago,
            coalesce(sum(w.amount), 0) AS pay,
            lead(w.days_ago) OVER (ORDER BY w.days_ago) - w.days_ago AS gap
        FROM flows AS w
        WHERE w.is_pay
        GROUP BY w.days_ago
    ),

    pays AS MATERIALIZED (
        SELECT
            count(*) AS paydays,
            min(p.days_ago) AS days_since,
            sum(p.gap) AS gaps,
            sum(p.gap * p.gap) AS gap_squares,
            sum(p.pay) AS total,
            (array_agg(p.pay ORDER BY p.days_ago))[1] AS last,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(p.pay AS float8)) AS median,
            (
                SELECT -coalesce(sum(w.amount), 0)
                FROM flows AS w
                WHERE w.is_spent
                  AND EXISTS (SELECT FROM paydays AS q WHERE q.days_ago - w.days_ago BETWEEN 0 AND 3)
            ) AS spent_after
        FROM paydays AS p
    ),

    -- Of each account the latest balance and the lowest of the last days, a balance carried into them included.
    lows AS MATERIALIZED (
        SELECT
            b.currency, b.balance_after AS latest,
            coalesce(min(least(w.balance_before, w.balance_after)) FILTER (WHERE w.days_ago <= 7), b.balance_after)
                AS lowest7,
            coalesce(min(least(w.balance_before, w.balance_after)) FILTER (WHERE w.days_ago <= 30), b.balance_after)
                AS lowest30
        FROM balances AS b
        LEFT JOIN flows AS w ON w.account_id = b.account_id
        GROUP BY b.account_id, b.currency, b.balance_after
    ),

    wealth AS MATERIALIZED (
        SELECT
            count(*) AS known,
            count(*) FILTER (WHERE x.numerator IS NULL) AS unconverted,
            sum(round(l.latest * x.numerator / x.denominator)) AS latest,
            sum(round(l.lowest7 * x.numerator / x.denominator)) AS lowest7,
            sum(round(l.lowest30 * x.numerator / x.denominator)) AS lowest30
        FROM lows AS l
        LEFT JOIN rates AS x ON x.currency = l.currency
    ),

    -- Each advance with what has been repaid of it, in time (within 72 hours of the first due date) and at all.
    repaid AS MATERIALIZED (
        SELECT
            l.days_ago, l.due_at,
            round(l.owed * x.numerator / x.denominator) AS owed,
            l.due_at + interval '72 hours' <= k.as_of AS is_due,
            coalesce(sum(round(p.amount * y.numerator / y.denominator)), 0) AS repaid,
            coalesce(sum(round(p.amount * y.numerator / y.denominator))
                FILTER (WHERE p.paid_at < l.due_at + interval '72 hours'), 0) AS repaid_in_time,
            max(p.paid_at) AS last_paid_at,
            x.numerator IS NULL OR bool_or(p.amount IS NOT NULL AND y.numerator IS NULL) AS is_unconverted
        FROM lent AS l
        LEFT JOIN paid AS p ON p.advance_id = l.advance_id
        LEFT JOIN rates AS x ON x.currency = l.currency
        LEFT JOIN rates AS y ON y.currency = p.currency
        GROUP BY l.advance_id, l.days_ago, l.due_at, l.owed, x.numerator, x.denominator
    ),

    debts AS MATERIALIZED (
        SELECT
            count(*) FILTER (WHERE days_ago <= 90) AS requested90,
            count(*) FILTER (WHERE is_unconverted) AS unconverted,
            count(*) FILTER (WHERE is_due) AS due,
            -- What is left of 1 % is a matter of rounding and of rates.
            count(*) FILTER (WHERE is_due AND repaid_in_time * 100 < owed * 99) AS late,
            coalesce(sum(greatest(owed - repaid, 0)), 0) AS outstanding,
            max(greatest(0, extract(epoch FROM
                CASE WHEN repaid * 100 >= owed * 99 THEN last_paid_at ELSE k.as_of END - due_at)))
                FILTER (WHERE is_due) AS most_seconds_late
        FROM repaid
    )
    SELECT
        s.transactions90 > 0 OR w.known > 0 OR EXISTS (
            SELECT
            FROM owned AS o
            INNER JOIN blink.transactions AS t ON t.account_id = o.account_id AND t.posted_at < k.as_of
            WHERE blink.was_visible(t.ingested_at, t.xid, k.as_of, k.snapshot)
              AND NOT t.voided
              AND t.status = 'posted'
              AND NOT EXISTS (
                  SELECT FROM blink.transactions AS c
                  WHERE c.account_id = t.account_id AND c.provider_id = t.provider_id
                    AND c.version > t.version AND c.version > 1
                    AND blink.was_visible(c.ingested_at, c.xid, k.as_of, k.snapshot)
              )
        ) AS has_history,
        CASE WHEN n.income30 IS NULL THEN CAST(s.debt30 AS float8) / CAST(s.income30 AS float8)
        END AS metric_debt_load30,
        n.income30 AS metric_debt_load30_because,
        CASE WHEN n.activity IS NULL THEN CAST(s.overdrawn90 AS float8) END AS metric_overdraft_count90,
        n.activity AS metric_overdraft_count90_because,
        CASE WHEN n.pay IS NULL THEN p.median / :minor_per_major END AS metric_median_paycheck,
        n.pay AS metric_median_paycheck_because,
        CASE WHEN n.balance IS NULL THEN CAST(w.lowest7 AS float8) / :minor_per_major END AS metric_clean_buffer7,
        n.balance AS metric_clean_buffer7_because,
        CASE WHEN n.income90 IS NULL THEN sqrt(CAST(x.days * x.net_squares - x.net * x.net AS float8))
        / CAST(s.income90 AS float8)
        END AS metric_volatility90,
        n.income90 AS metric_volatility90_because,
        CASE WHEN n.balance IS NULL THEN CAST(w.latest AS float8) / :minor_per_major END AS metric_total_balance,
        n.balance AS metric_total_balance_because,
        CASE WHEN n.account IS NULL THEN CAST(s.transactions90 AS float8) END AS metric_transaction_count90,
        n.account AS metric_transaction_count90_because,
        CASE WHEN n.money30 IS NULL THEN CAST(s.income30 AS float8) / :minor_per_major END AS metric_income30,
        n.money30 AS metric_income30_because,
        CASE WHEN n.income90 IS NULL THEN CAST(3 * s.income30 AS float8) / CAST(s.income90 AS float8)
        END AS metric_income_trend,
        n.income90 AS metric_income_trend_because,
        CASE WHEN n.two_pays IS NULL THEN CAST(p.last AS float8) / p.median END AS metric_last_pay_ratio,
        n.two_pays AS metric_last_pay_ratio_because,
        CASE WHEN n.three_paydays IS NULL THEN sqrt(CAST((p.paydays - 1) * p.gap_squares - p.gaps * p.gaps AS float8))
        / CAST(p.gaps AS float8)
        END AS metric_pay_irregularity,
        n.three_paydays AS metric_pay_irregularity_because,
        CASE WHEN n.two_paydays IS NULL THEN CAST(p.days_since * (p.paydays - 1) AS float8) / CAST(p.gaps AS float8)
        END AS metric_pay_overdue,
        n.two_paydays AS metric_pay_overdue_because,
        CASE WHEN n.payday IS NULL THEN CAST(p.days_since AS float8) END AS metric_days_since_pay,
        n.payday AS metric_days_since_pay_because,
        CASE WHEN n.income30 IS NULL THEN CAST(s.net30 AS float8) / CAST(s.income30 AS float8) END AS metric_net_flow30,
        n.income30 AS metric_net_flow30_because,
        CASE WHEN n.income90 IS NULL THEN CAST(s.fixed90 AS float8) / CAST(s.income90 AS float8)
        END AS metric_fixed_cost_share90,
        n.income90 AS metric_fixed_cost_share90_because,
        CASE WHEN n.income90 IS NULL THEN CAST(s.rent90 AS float8) / CAST(s.income90 AS float8)
        END AS metric_rent_share90,
        n.income90 AS metric_rent_share90_because,
        CASE WHEN n.spent90 IS NULL THEN CAST(3 * s.spent30 AS float8) / CAST(s.spent90 AS float8)
        END AS metric_spend_trend,
        n.spent90 AS metric_spend_trend_because,
        CASE WHEN n.pay IS NULL THEN CAST(p.spent_after AS float8) / CAST(p.total AS float8)
        END AS metric_payday_spend,
        n.pay AS metric_payday_spend_because,
        CASE WHEN n.spent90 IS NULL THEN CAST(s.gambled90 AS float8) / CAST(s.spent90 AS float8)
        END AS metric_gambling_share90,
        n.spent90 AS metric_gambling_share90_because,
        CASE WHEN n.spent90 IS NULL THEN CAST(s.withdrawn90 AS float8) / CAST(s.spent90 AS float8)
        END AS metric_cash_out_share90,
        n.spent90 AS metric_cash_out_share90_because,
        CASE WHEN n.activity IS NULL THEN CAST(s.overdrawn30 AS float8) END AS metric_overdraft_count30,
        n.activity AS metric_overdraft_count30_because,
        CASE WHEN n.activity IS NULL THEN CAST(s.overdraft_fees90 AS float8) END AS metric_overdraft_fee_count90,
        n.activity AS metric_overdraft_fee_count90_because,
        CASE WHEN n.activity IS NULL THEN CAST(s.fees90 AS float8) END AS metric_fee_count90,
        n.activity AS metric_fee_count90_because,
        CASE WHEN n.balance IS NULL THEN CAST(w.lowest30 AS float8) / :minor_per_major END AS metric_lowest_balance30,
        n.balance AS metric_lowest_balance30_because,
        CASE WHEN n.runway IS NULL THEN CAST(w.latest * 31 AS float8) / CAST(s.spent30 AS float8)
        END AS metric_runway_days,
        n.runway AS metric_runway_days_because,
        CASE WHEN n.account IS NULL THEN CAST(d.requested90 AS float8) END AS metric_advance_count90,
        n.account AS metric_advance_count90_because,
        CASE WHEN n.debts IS NULL THEN CAST(d.outstanding AS float8) / :minor_per_major
        END AS metric_advance_outstanding,
        n.debts AS metric_advance_outstanding_because,
        CASE WHEN n.debts IS NULL THEN CAST(d.late AS float8) END AS metric_advance_late_count,
        n.debts AS metric_advance_late_count_because,
        CASE WHEN n.due IS NULL THEN CAST(d.late AS float8) / CAST(d.due AS float8) END AS metric_advance_late_share,
        n.due AS metric_advance_late_share_because,
        CASE WHEN n.due IS NULL THEN CAST(d.most_seconds_late AS float8) / 86400 END AS metric_advance_most_days_late,
        n.due AS metric_advance_most_days_late_because
    FROM sums AS s
    CROSS JOIN spread AS x
    CROSS JOIN pays AS p
    CROSS JOIN wealth AS w
    CROSS JOIN debts AS d
    CROSS JOIN (SELECT count(*) AS accounts FROM owned) AS u
    -- Why a feature is unknown, from the least to the most that it needs; NULL where it is known.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN u.accounts = 0 THEN 'no account' END AS account
    ) AS n0
    CROSS JOIN LATERAL (
        SELECT
            coalesce(n0.account, CASE WHEN s.transactions90 = 0 THEN 'no transaction in 90 days' END) AS activity,
            coalesce(n0.account, CASE WHEN d.unconverted > 0 THEN 'no exchange rate' END) AS debts,
            coalesce(
                n0.account,
                CASE WHEN w.known = 0 THEN 'no balance known' WHEN w.unconverted > 0 THEN 'no exchange rate' END
            ) AS balance
    ) AS n1
    CROSS JOIN LATERAL (
        SELECT
            coalesce(n1.activity, CASE WHEN s.unconverted30 > 0 THEN 'no exchange rate' END) AS money30,
            coalesce(n1.activity, CASE WHEN s.unconverted90 > 0 THEN 'no exchange rate' END) AS money90,
            coalesce(n1.activity, CASE WHEN p.paydays = 0 THEN 'no pay in 90 days' END) AS payday,
            coalesce(n1.activity, CASE WHEN p.paydays < 2 THEN 'fewer than 2 paydays in 90 days' END)
                AS two_paydays,
            coalesce(n1.activity, CASE WHEN p.paydays < 3 THEN 'fewer than 3 paydays in 90 days' END)
                AS three_paydays,
            coalesce(n1.debts, CASE WHEN d.due = 0 THEN 'no advance has fallen due in a year' END) AS due
    ) AS n2
    CROSS JOIN LATERAL (
        SELECT
            n0.account, n1.activity, n1.debts, n1.balance, n2.money30, n2.payday, n2.two_paydays, n2.three_paydays,
            n2.due,
            coalesce(n2.money30, CASE WHEN s.income30 = 0 THEN 'no income in 30 days' END) AS income30,
            coalesce(n2.money90, CASE WHEN s.income90 = 0 THEN 'no income in 90 days' END) AS income90,
            coalesce(n2.money90, CASE WHEN s.spent90 = 0 THEN 'no money out in 90 days' END) AS spent90,
            -- Pay can be 0 where a foreign amount is worth less than half a minor unit.
            coalesce(n2.payday, n2.money90, CASE WHEN p.total = 0 THEN 'no pay in 90 days' END) AS pay,
            coalesce(n2.two_paydays, n2.money90, CASE WHEN p.median = 0 THEN 'no pay in 90 days' END) AS two_pays,
            coalesce(
                n1.balance, n2.money30,
                CASE WHEN s.spent30 = 0 THEN 'no money out in 30 days' END
            ) AS runway
    ) AS n
) AS f
ORDER BY k.ordinal
