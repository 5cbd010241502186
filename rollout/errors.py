"""Errors of the rollout."""

from credit.errors import TryAgainError


class RolloutError(Exception):
    """Traffic cannot be moved as asked; the message says what to do."""


class ClusterError(RolloutError):
    """The Kubernetes API refuses a request; the message holds its words."""


class ClusterAwayError(ClusterError, TryAgainError):
    """The Kubernetes API does not answer; a later try may succeed."""


class ObjectExistsError(ClusterError):
    """An object of that name is there already."""


class NotYetError(RolloutError, TryAgainError):
    """What is waited for has not come about in time; a later try may see it."""
