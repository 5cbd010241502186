SELECT EXISTS (
    SELECT FROM blink.accounts AS a JOIN blink.transactions AS f ON f.account_id = a.account_id
    WHERE a.portfolio = %(portfolio)s)
