"""How a server ends: it says goodbye on every connection before it closes any."""

import threading

TICK_SECONDS = 0.05
"""Time between two looks at whether the end has begun: a signal cannot wake an event loop's waiters."""


class Ending:
    """Whether the end has begun. Set from any thread or signal, read by every request."""

    def __init__(self) -> None:
        self._begun = threading.Event()

    @property
    def begun(self) -> bool:
        """Whether clients are to be sent away."""
        return self._begun.is_set()

    def begin(self) -> None:
        """From now on every answer asks its client to use another connection."""
        self._begun.set()
