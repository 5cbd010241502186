SELECT EXISTS (
    SELECT FROM blink.accounts AS a
    JOIN blink.advances AS v ON v.account_id = a.account_id
    JOIN blink.repayments AS f ON f.advance_id = v.advance_id
    WHERE a.portfolio = %(portfolio)s)
