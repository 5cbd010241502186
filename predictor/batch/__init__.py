"""The scoring job: every subject with new data, scored and audited, once."""
