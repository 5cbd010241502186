"""What can go wrong with a benchmark."""


class BenchmarkError(Exception):
    """A benchmark cannot be run, or would compare what is not the same; the message says why and what to do."""
