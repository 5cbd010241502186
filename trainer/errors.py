"""What can go wrong in training."""

from credit.errors import TryAgainError


class TrainingError(Exception):
    """No model can be trained, or the one trained cannot be kept."""


class UnknownSettingError(TrainingError):
    """A portfolio names an algorithm or a setting that there is not, or gives a setting another kind of value."""


class InsufficientRowsError(TrainingError):
    """There are too few labelled rows, or too few of one class, to fit and judge a model."""


class TrackingError(TrainingError):
    """The tracking server or its store cannot be used; the message says what to do."""


class StudyStoreError(TrainingError, TryAgainError):
    """The store of trials did not answer; what it has is kept, and the next run goes on from there."""


class InsufficientSamplesError(InsufficientRowsError):
    """There are fewer labelled rows than the portfolio's quality gate asks for."""


class QualityGateError(TrainingError):
    """A model was fitted and is not good enough to be kept."""

    def __init__(self, auc: float, threshold: float) -> None:
        super().__init__(f"quality gate: ROC AUC {auc:.4f} is below the threshold {threshold:.4f}")
        self.auc = auc
        self.threshold = threshold


class CardError(TrainingError):
    """A model card cannot be written; the message says what is missing."""
