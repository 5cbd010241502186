"""What can go wrong in training."""


class TrainingError(Exception):
    """No model can be trained, or the one trained cannot be kept."""


class InsufficientRowsError(TrainingError):
    """There are too few labelled rows, or too few of one class, to fit and judge a model."""
