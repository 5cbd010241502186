"""Draws from a generator."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def one_of(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices, each as likely."""
    return choices[int(rng.integers(len(choices)))]


def place_in(rng: np.random.Generator, content: bytes) -> int:
    """A place between two bytes, or at an end."""
    return int(rng.integers(len(content) + 1))


def span_in(rng: np.random.Generator, content: bytes, longest: int) -> slice:
    """A span of at most so many bytes; of an empty content the empty one."""
    begin = place_in(rng, content)
    return slice(begin, min(len(content), begin + 1 + int(rng.integers(longest))))
