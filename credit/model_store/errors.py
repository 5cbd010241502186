"""Errors of model stores."""

from credit.errors import TryAgainError


class ModelStoreError(Exception):
    """A store cannot be used as asked; the message names the place and says what to do."""


class ModelStoreAwayError(ModelStoreError, TryAgainError):
    """A store does not answer; a later try may succeed."""


class ModelStoreAddressError(ModelStoreError):
    """An address is none of a store, or what it names is not there for us."""


class NotStoredError(ModelStoreError):
    """No such file is there."""
