"""`blink up`: the whole platform on this machine, from nothing to an answered request."""

import json
import signal
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Thread

from blink.commands.serve import on_free_ports
from blink.database import open_database
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome
from blink.settings import Settings, read_settings
from blink.stack import Stack
from predictor.server import Listening, ServeSettings, serve

PORTFOLIO = "cash_advance"


def up(arguments: Namespace) -> Outcome:
    """Prepare what is missing, then serve, score every 5 minutes and retrain weekly, until Ctrl-C."""
    settings = read_settings(home=arguments.home)
    stop = Event()
    with _stopped_by_signals(stop), open_database(settings, "blink_reader") as engine:
        stack = Stack(
            named_portfolio(PORTFOLIO, settings), settings.home, engine, stop, arguments.users, arguments.months
        )
        stack.prepare()
        if stop.is_set():
            return Outcome("stopped")
        return _once(arguments, settings, stack) if arguments.once else _until_stopped(arguments, settings, stack)


def _until_stopped(arguments: Namespace, settings: Settings, stack: Stack) -> Outcome:
    def work(listening: Listening) -> None:
        stack.announce(listening.host, listening.http_port)
        stack.keep_going()

    _serve_beside(arguments, settings, stack, work)
    return Outcome("stopped; nothing was left half done")


def _once(arguments: Namespace, settings: Settings, stack: Stack) -> Outcome:
    answers: SimpleQueue[dict[str, object] | Exception] = SimpleQueue()

    def work(listening: Listening) -> None:
        try:
            answers.put(dict(stack.ask_once(listening.host, listening.http_port)))
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that called us
            answers.put(error)
        stack.stop.set()

    _serve_beside(arguments, settings, stack, work)
    if answers.empty():
        return Outcome("stopped")
    answer = answers.get()
    if isinstance(answer, Exception):
        raise answer
    return Outcome(json.dumps(answer, indent=2), {"answer": answer})


def _serve_beside(arguments: Namespace, settings: Settings, stack: Stack, work: Callable[[Listening], None]) -> None:
    """Serve until stopped, and do `work` in a thread as soon as the server listens."""
    workers: list[Thread] = []

    def announce(listening: Listening) -> None:
        workers.append(Thread(target=work, args=(listening,), daemon=True))
        workers[-1].start()

    with open_database(settings, "blink_scorer") as engine:
        served = ServeSettings(portfolio=stack.portfolio, model_dir=settings.model_dir, database=engine)
        serve(on_free_ports(served, arguments), announce=announce, stop=stack.stop)
    stack.stop.set()
    for worker in workers:
        worker.join()


@contextmanager
def _stopped_by_signals(stop: Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM set `stop`: the running step ends its transaction, or loses it whole."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda *_: stop.set()) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
