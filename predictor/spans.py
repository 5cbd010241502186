"""What a server says of its requests to a tracing system, where there is one."""

from typing import Protocol


class Span(Protocol):
    """One request, while it is answered."""

    @property
    def traceparent(self) -> str:
        """The header that names this span as the parent of what follows."""

    def end(self, route: str, status: str) -> None:
        """It was answered; `route` is a template."""


class Spans(Protocol):
    """Makes spans. Used from one event loop."""

    def begin(self, protocol: str, request_id: str, traceparent: str | None) -> Span:
        """A span that begins now, in the trace of a valid `traceparent` where there is one."""

    def close(self) -> None:
        """Send what was not sent yet."""
