"""Features in, scores out: the KServe server (online) and the scoring job (batch)."""
