"""Errors of the features room."""


class FeatureError(Exception):
    """Features cannot be computed as asked; the message says what to do."""
