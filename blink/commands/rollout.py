"""`blink rollout`: where a portfolio's traffic is, one pass of the control loop, and waiting for it."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import Engine

from blink.control.config import CLUSTER_FILE, ControlFile, read_config
from blink.database import open_database
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome
from blink.settings import Settings, read_settings
from credit.database.models import champion
from credit.database.pipeline_runs import get_run
from credit.database.promotion_events import TrafficDecision, last_traffic, last_wish, model_of_run
from credit.plain_table import table
from credit.portfolios import PortfolioName
from rollout.cluster import Cluster, connect_cluster
from rollout.errors import NotYetError, RolloutError
from rollout.reconcile import Pass, Rollout
from rollout.settings import PortfolioSettings
from rollout.slots import Action, SetTraffic, Slot, Wait, WriteSlot
from rollout.waiting import Ending, Standing, judge

POLL_SECONDS = 1.0
BY_ITSELF = "one machine: the server follows the champion by itself, there are no slots and no weights"


def status(arguments: Namespace) -> Outcome:
    """Say what stands in a portfolio's slots, and how its traffic is split."""
    settings, config = read_settings(home=arguments.home), _config(arguments)
    with open_database(settings, "blink_reader") as engine:
        if config is None:
            return _local_status(engine, named_portfolio(arguments.portfolio, settings).name)
        portfolio = _portfolio(config, arguments.portfolio)
        with engine.connect() as connection:
            found = Rollout(config.rollout(), _cluster(config)).look(connection, portfolio)
    return Outcome(_text(found), _facts(found))


def apply(arguments: Namespace) -> Outcome:
    """One pass of the control loop, where no loop is running."""
    from blink.control.assembly import cluster_loop  # noqa: PLC0415 - heavy

    settings, config = read_settings(home=arguments.home), _config(arguments)
    if config is None:
        return Outcome(f"nothing to apply: {BY_ITSELF}", {"portfolios": []})
    wanted = config.portfolios if arguments.portfolio is None else (_portfolio(config, arguments.portfolio),)
    with open_database(settings, "blink_trainer") as engine:
        passes = cluster_loop(config, engine, _cluster(config)).once(wanted)
    return Outcome("\n\n".join(_text(found) for found in passes), {"portfolios": [_facts(found) for found in passes]})


def wait(arguments: Namespace) -> Outcome:
    """Wait until what a training run decided is applied, or it needs no traffic."""
    settings = read_settings(home=arguments.home)
    end = monotonic() + arguments.timeout
    with open_database(settings, "blink_reader") as engine:
        while True:
            ending, text = judge(_standing(engine, arguments), by_itself=_follows_by_itself(settings))
            if ending is Ending.FAILED:
                raise RolloutError(f"run {arguments.run_id}: {text}")
            if ending is Ending.DONE:
                return Outcome(text, {"run_id": str(arguments.run_id), "summary": text})
            if monotonic() >= end:
                raise NotYetError(f"run {arguments.run_id}: {text}, after {arguments.timeout} s")
            sleep(POLL_SECONDS)


def _follows_by_itself(settings: Settings) -> bool:
    return settings.database_url is None or not settings.in_pod


def _standing(engine: Engine, arguments: Namespace) -> Standing:
    with engine.connect() as connection:
        run = get_run(connection, arguments.run_id)
        model_id = model_of_run(connection, run.run_id)
        deployed = champion(connection, PortfolioName(run.portfolio))
        events = {
            decision: None if model_id is None else last_traffic(connection, run.portfolio, decision, model_id=model_id)
            for decision in TrafficDecision
        }
        return Standing(
            run_state=run.state,
            model_id=model_id,
            wish=None if model_id is None else last_wish(connection, model_id),
            champion=None if deployed is None else deployed.model_id,
            moved=events[TrafficDecision.CHAMPION],
            late=events[TrafficDecision.NOT_READY],
        )


def _config(arguments: Namespace) -> ControlFile | None:
    path: Path | None = arguments.config
    if path is None and not CLUSTER_FILE.exists():
        return None
    return read_config(path or CLUSTER_FILE)


def _cluster(config: ControlFile) -> Cluster:
    return connect_cluster(config.namespace)


def _portfolio(config: ControlFile, name: str) -> PortfolioSettings:
    for portfolio in config.portfolios:
        if portfolio.name == name:
            return portfolio
    there_are = ", ".join(portfolio.name for portfolio in config.portfolios)
    raise RolloutError(f"no portfolio {name!r} is rolled out; there are {there_are or 'none'}")


def _local_status(engine: Engine, portfolio: PortfolioName) -> Outcome:
    with engine.connect() as connection:
        deployed = champion(connection, portfolio)
    model_id = None if deployed is None else deployed.model_id
    facts: Mapping[str, object] = {"portfolio": portfolio, "champion": model_id, "slots": [], "pending": []}
    return Outcome(f"{portfolio}: champion {model_id or 'none'}\n{BY_ITSELF}", facts)


def _text(found: Pass) -> str:
    rows = [
        (str(row["slot"]), str(row["model_id"] or "-"), _yes(row["ready"]), f"{row['weight']} %", str(row["message"]))
        for row in _slots(found)
    ]
    pending = [f"next: {_sentence(action)}" for action in found.actions] or ["all is as it should be"]
    lines = [f"{found.portfolio}: champion {found.champion or 'none'}"]
    return "\n".join([*lines, table(("slot", "model", "ready", "weight", "message"), rows), *pending])


def _facts(found: Pass) -> Mapping[str, object]:
    return {
        "portfolio": found.portfolio,
        "champion": found.champion,
        "slots": _slots(found),
        "pending": [_sentence(action) for action in found.actions],
    }


def _slots(found: Pass) -> list[Mapping[str, object]]:
    traffic = found.place.traffic
    rows: list[Mapping[str, object]] = []
    for slot in Slot:
        state = found.place.slots.get(slot)
        rows.append(
            {
                "slot": str(slot),
                "model_id": None if state is None else state.model_id,
                "ready": state is not None and state.ready,
                "weight": 0 if traffic is None else traffic.weights.get(slot, 0),
                "message": "" if state is None else state.message,
            }
        )
    return rows


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _sentence(action: Action) -> str:
    if isinstance(action, WriteSlot):
        return f"put {action.model_id} into slot {action.slot}"
    if isinstance(action, SetTraffic):
        split = ", ".join(f"{slot} {weight} %" for slot, weight in action.traffic.weights.items())
        return f"set traffic to {split}, /score to {action.traffic.score}"
    if isinstance(action, Wait):
        return f"wait for {action.model_id} in slot {action.slot}: {action.message}"
    raise TypeError(action)
