"""Features: one definition each, computed by PostgreSQL as of a time."""
