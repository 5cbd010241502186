SELECT pg_try_advisory_xact_lock(hashtextextended('blink.intake.' || %(portfolio)s, 0))
