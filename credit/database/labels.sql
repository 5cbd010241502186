-- The label of every advance of a portfolio as it was known at :as_of. The rule is credit/labels.py's, word for
-- word; a test holds the two equal. One row an advance, voided ones left out, in order of the request.
-- :exponent_currencies and :exponents give the decimal places of currencies, :default_exponent those of the others.
WITH account AS (
    SELECT DISTINCT ON (coalesce(corrects, account_id))
           coalesce(corrects, account_id) AS account_id, subject_id, voided
    FROM blink.accounts
    WHERE portfolio = :portfolio AND ingested_at <= :as_of
    ORDER BY coalesce(corrects, account_id), version DESC
), stated AS (
    SELECT coalesce(a.corrects, a.advance_id) AS advance_id, account.subject_id, a.version, a.voided, a.ingested_at,
           a.requested_at, a.due_at, a.amount + a.fee AS owed, a.currency, a.written_off_at
    FROM blink.advances AS a
    JOIN account ON account.account_id = a.account_id AND NOT account.voided
    WHERE a.ingested_at <= :as_of
), last_version AS (
    SELECT DISTINCT ON (advance_id) advance_id, subject_id, voided, requested_at, owed, currency,
           CASE WHEN written_off_at <= :as_of THEN written_off_at END AS written_off_at,
           min(due_at) FILTER (WHERE NOT voided) OVER one_advance AS first_due_at
    FROM stated
    WINDOW one_advance AS (PARTITION BY advance_id)
    ORDER BY advance_id, version DESC
), terms AS (
    SELECT last.advance_id, last.subject_id, last.requested_at, last.owed, last.currency,
           last.first_due_at + make_interval(hours => 24 * :days_late) AS deadline,
           last.first_due_at + make_interval(hours => 24 * (:days_late + :settlement_lag_days)) AS matured_at,
           greatest(min(stated.ingested_at) FILTER (WHERE stated.due_at = last.first_due_at),
                    min(stated.ingested_at) FILTER (WHERE stated.owed = last.owed)) AS terms_known_at,
           CASE WHEN last.written_off_at IS NOT NULL THEN
               greatest(last.written_off_at,
                        min(stated.ingested_at) FILTER (WHERE stated.written_off_at IS NOT NULL))
           END AS written_off_known_at
    FROM last_version AS last
    JOIN stated ON stated.advance_id = last.advance_id AND NOT stated.voided
    WHERE NOT last.voided
    GROUP BY last.advance_id, last.subject_id, last.requested_at, last.owed, last.currency, last.first_due_at,
             last.written_off_at
), last_repayment AS (
    SELECT DISTINCT ON (advance_id, provider_id) advance_id, voided, paid_at, amount, ingested_at,
           max(ingested_at) FILTER (WHERE version > 1) OVER (PARTITION BY advance_id, provider_id) AS corrected_at
    FROM blink.repayments
    WHERE ingested_at <= :as_of
    ORDER BY advance_id, provider_id, version DESC
), paid AS (
    SELECT terms.advance_id,
           coalesce(sum(r.amount) FILTER (WHERE NOT r.voided AND r.paid_at < terms.deadline), 0) AS amount,
           max(r.ingested_at) FILTER (WHERE NOT r.voided AND r.paid_at < terms.deadline) AS counted_known_at,
           max(r.corrected_at) AS corrected_at
    FROM terms
    LEFT JOIN last_repayment AS r ON r.advance_id = terms.advance_id
    GROUP BY terms.advance_id
), measured AS (
    SELECT terms.*, paid.counted_known_at,
           CASE
               WHEN terms.owed <= paid.amount THEN false
               WHEN terms.currency = :currency THEN terms.owed - paid.amount >= material.minor
               ELSE (terms.owed - paid.amount) * fx.numerator >= material.minor * fx.denominator
           END AS late,
           greatest(terms.matured_at, terms.terms_known_at, paid.corrected_at) AS late_known_at
    FROM terms
    JOIN paid ON paid.advance_id = terms.advance_id
    -- The material amount as a number of the advance's minor units, still of the value of the portfolio's currency.
    CROSS JOIN LATERAL (
        SELECT CAST(:material_amount AS numeric) * power(10::numeric, coalesce(max(e.exponent), :default_exponent))
               AS minor
        FROM unnest(CAST(:exponent_currencies AS text[]), CAST(:exponents AS int[])) AS e (currency, exponent)
        WHERE e.currency = terms.currency
    ) AS material
    -- The latest rate known of the time of the request, direct or inverse, at a tie the direct one.
    LEFT JOIN LATERAL (
        SELECT numerator, denominator
        FROM (SELECT DISTINCT ON (base, valid_at) valid_at, voided,
                     CASE WHEN base = :currency THEN 1 ELSE rate END AS numerator,
                     CASE WHEN base = :currency THEN rate ELSE 1 END AS denominator
              FROM blink.fx_rates
              WHERE (base, quote) IN ((terms.currency, :currency), (:currency, terms.currency))
                    AND valid_at <= terms.requested_at AND ingested_at <= :as_of
              ORDER BY base, valid_at, version DESC) AS rates
        WHERE NOT voided
        ORDER BY valid_at DESC, denominator = 1 DESC
        LIMIT 1
    ) AS fx ON terms.currency <> :currency AND terms.owed > paid.amount
), judged AS (
    SELECT *,
           least(CASE WHEN late THEN late_known_at END,
                 CASE WHEN :bads_known_early THEN written_off_known_at
                      WHEN written_off_known_at IS NOT NULL THEN greatest(matured_at, written_off_known_at)
                 END) AS bad_known_at
    FROM measured
)
SELECT advance_id,
       subject_id,
       (extract(epoch FROM requested_at) * 1000000)::bigint AS requested_at,
       CASE WHEN bad_known_at <= :as_of THEN 1 WHEN matured_at <= :as_of AND NOT late THEN 0 END AS y,
       (extract(epoch FROM
           CASE WHEN bad_known_at <= :as_of THEN bad_known_at
                WHEN matured_at <= :as_of AND NOT late THEN greatest(matured_at, terms_known_at, counted_known_at)
           END) * 1000000)::bigint AS known_at,
       CASE WHEN bad_known_at <= :as_of THEN NULL
            WHEN matured_at > :as_of THEN 'not_matured'
            WHEN late IS NULL THEN 'no_exchange_rate'
       END AS censored
FROM judged
ORDER BY requested_at, advance_id
