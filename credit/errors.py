"""What errors of all rooms have in common."""


class TryAgainError(Exception):
    """Nothing is wrong with what was asked: it cannot be done now, and may be later."""
