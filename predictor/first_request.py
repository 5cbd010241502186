"""A model that is loaded when a request first needs it: once for all who ask, and again and again where it fails."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from credit.bundle.errors import BundleError
from credit.model_store.errors import ModelStoreError
from credit.reasons import ReasonError
from predictor.errors import UnavailableError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long is waited for a model."""

    request_seconds: float = 20.0
    """Longest that a request waits; it is told to come again then."""
    first_seconds: float = 1.0
    """Before another try, after the first has failed; doubled each time, up to the next."""
    most_seconds: float = 30.0


class FirstRequest:
    """Waits for the first request of all, which starts the loading. Asked from one event loop."""

    def __init__(
        self, load: Callable[[], None], failed: Callable[[str], None], ended: threading.Event, pauses: Pauses
    ) -> None:
        """Load nothing yet.

        Args:
            load: loads the model and puts it in its place, in a thread of its own; what it raises is why it could not.
            failed: is told there why a try has failed.
            ended: no further try is made after it is set.
            pauses: see there.
        """
        self._load = load
        self._failed = failed
        self._ended = ended
        self._pauses = pauses
        self._try: Future[str] | None = None

    async def loaded(self) -> None:
        """Return when the model is loaded.

        Raises:
            UnavailableError: where that takes longer than a request waits, or the last try has failed.
        """
        trying = self._try
        if trying is None:
            trying = self._try = _begun()
            threading.Thread(target=self._until_loaded, name="first-request", daemon=True).start()
        waiting = asyncio.wrap_future(trying)
        done, _ = await asyncio.wait([waiting], timeout=self._pauses.request_seconds)
        if not done:
            raise UnavailableError("no model is ready: it is being loaded since a request asked for it")
        if trouble := waiting.result():
            raise UnavailableError(f"no model is ready: {trouble}")

    def _until_loaded(self) -> None:
        pause = self._pauses.first_seconds
        while trouble := self._trouble():
            self._failed(trouble)
            self._settle(trouble)
            if self._ended.wait(pause):
                return
            pause = min(pause * 2, self._pauses.most_seconds)
            self._try = _begun()
        self._settle("")

    def _settle(self, trouble: str) -> None:
        if self._try is not None:
            self._try.set_result(trouble)

    def _trouble(self) -> str:
        """Why this try has failed; empty where it has not."""
        try:
            self._load()
        except (BundleError, ReasonError, ModelStoreError) as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - logged; the next try may succeed
            _log.exception("loading the model failed")
            return f"loading it failed: {type(error).__name__}"
        return ""


def _begun() -> Future[str]:
    """A try that no waiting request can cancel."""
    begun = Future[str]()
    begun.set_running_or_notify_cancel()
    return begun
