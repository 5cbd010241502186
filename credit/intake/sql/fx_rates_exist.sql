-- Rates belong to no portfolio.
SELECT EXISTS (SELECT FROM blink.fx_rates)
