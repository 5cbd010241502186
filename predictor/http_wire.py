"""What a connection reads from and writes to, and whether its client takes what was written."""

import asyncio

from predictor.http_server import CommonHeaders
from predictor.http_taking import Taking, cut


class Wire:
    """A connection's transport. Used from one event loop."""

    def __init__(self, transport: asyncio.Transport, common_headers: CommonHeaders) -> None:
        """`common_headers` are in every answer."""
        self._transport = transport
        self._common_headers = common_headers
        self.reading_paused = False
        self.writing_paused = False
        """Whether the client has to take more of what was written before anything else is."""
        self._writable: asyncio.Future[None] | None = None
        self._written = 0
        """Bytes."""
        self._taking = Taking()
        self._taken_at_the_end: int | None = None
        """Bytes that its client had taken when it was last looked at for giving it up."""

    def common_head(self) -> bytes:
        """Header lines of every answer."""
        return self._common_headers.lines()

    def write(self, *parts: bytes) -> None:
        """Write the parts, one behind the other."""
        for part in parts:
            self._written += len(part)
        if len(parts) == 1:
            self._transport.write(parts[0])
        else:
            self._transport.writelines(parts)

    async def writable(self) -> None:
        """Return when the client has taken enough, or has left."""
        if self.writing_paused:
            self._writable = asyncio.get_running_loop().create_future()
            await self._writable

    def pause_writing(self) -> None:
        """Too much waits to be taken."""
        self.writing_paused = True

    def resume_writing(self) -> None:
        """Enough was taken, or nothing will be any more."""
        self.writing_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def pause_reading(self) -> None:
        """Read nothing for now."""
        if not self.reading_paused:
            self.reading_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, if that was paused."""
        if self.reading_paused:
            self.reading_paused = False
            self._transport.resume_reading()

    @property
    def closing(self) -> bool:
        """Whether it has ended, or does."""
        return self._transport.is_closing()

    def close(self) -> None:
        """End behind what was written."""
        self._transport.close()

    def cut_if_too_slow(self, now: float, seconds: float) -> bool:
        """End at once, and say so, where its client takes less than it has to; see `Taking.too_slow`."""
        slow = self._taking.too_slow(self._written, self._untaken(), now, seconds)
        if slow:
            cut(self._transport)
        return slow

    def holds_untaken(self) -> bool:
        """Whether something waits to be taken."""
        return self._untaken() > 0

    def cut_if_nothing_taken(self) -> None:
        """End at once where nothing was taken since this was last called."""
        before, self._taken_at_the_end = self._taken_at_the_end, self._written - self._untaken()
        if before == self._taken_at_the_end:
            cut(self._transport)

    def _untaken(self) -> int:
        return self._transport.get_write_buffer_size()
