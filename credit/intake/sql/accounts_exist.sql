SELECT EXISTS (SELECT FROM blink.accounts WHERE portfolio = %(portfolio)s)
