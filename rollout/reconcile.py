"""One pass over a portfolio: gather, decide, apply, and record what came of it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from credit.database import models
from credit.database.promotion_events import PromotionEvent, TrafficDecision, last_traffic, record_traffic
from rollout.apply import apply_actions
from rollout.cluster import Cluster
from rollout.decision import goal, next_actions
from rollout.gather import Objects, read_objects, read_place
from rollout.manifests import Manifests
from rollout.names import control_account
from rollout.overdue import Overdue
from rollout.readiness import Probe, model_ready
from rollout.settings import Json, PortfolioSettings, RolloutSettings
from rollout.slots import Action, Place, SetTraffic, Slot, Traffic, Wait

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass found and did."""

    portfolio: str
    champion: str | None
    place: Place
    actions: tuple[Action, ...]


@dataclass(slots=True)
class Rollout:
    """Keeps the traffic of a release's portfolios on their champions."""

    settings: RolloutSettings
    cluster: Cluster
    probe: Probe = model_ready
    _overdue: Overdue = field(init=False)
    _owner_uid: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._overdue = Overdue(self.settings.slot.ready_seconds)

    def look(self, connection: Connection, portfolio: PortfolioSettings) -> Pass:
        """What a pass would do, without doing it.

        Raises:
            ClusterError: where the Kubernetes API refuses or does not answer.
        """
        return self._decide(connection, portfolio)[0]

    def reconcile(self, connection: Connection, portfolio: PortfolioSettings, *, now: datetime) -> Pass:
        """Do what is to be done next; a row is written when traffic has moved. `connection` is in no transaction.

        Raises:
            ClusterError: where the Kubernetes API refuses or does not answer.
        """
        decided, objects, manifests = self._decide(connection, portfolio)
        apply_actions(self.cluster, objects, manifests, decided.actions)
        with connection.begin():
            _record_moved(connection, decided, self.settings.release, now)
            self._record_overdue(connection, decided, now)
        return decided

    def _decide(self, connection: Connection, portfolio: PortfolioSettings) -> tuple[Pass, Objects, Manifests]:
        with connection.begin():
            champion = models.champion(connection, portfolio.name)
        manifests = Manifests(self.settings, portfolio, self._owner())
        objects = read_objects(self.cluster, manifests)
        place = read_place(objects, manifests, self.probe)
        model_id = None if champion is None else champion.model_id
        return Pass(portfolio.name, model_id, place, next_actions(model_id, place)), objects, manifests

    def _owner(self) -> str:
        if not self._owner_uid:
            self._owner_uid = self.cluster.account_uid(control_account(self.settings.release))
        return self._owner_uid

    def _record_overdue(self, connection: Connection, decided: Pass, now: datetime) -> None:
        wait = next((action for action in decided.actions if isinstance(action, Wait)), None)
        late = self._overdue.is_late(decided.portfolio, wait, decided.place, now)
        if late is None or wait is None or _is_recorded(connection, decided.portfolio, wait, late):
            return
        _log.error("%s: %s is not ready in slot %s: %s", decided.portfolio, wait.model_id, wait.slot, wait.message)
        actor = _actor(self.settings.release)
        figures = {**late, "seconds": self.settings.slot.ready_seconds}
        record_traffic(
            connection,
            decided.portfolio,
            wait.model_id,
            TrafficDecision.NOT_READY,
            figures=figures,
            actor=actor,
            at=now,
            reason=wait.message or None,
        )


def _record_moved(connection: Connection, decided: Pass, release: str, now: datetime) -> None:
    """Write that the champion has its traffic, where that is so and was not written yet.

    What is on the cluster counts, not what this pass has sent: whoever was killed between the two is made up for.
    """
    traffic = _traffic_after(decided)
    if traffic is None or decided.champion is None or not _has_it_all(decided, traffic):
        return
    figures = {"slot": str(traffic.score), "weights": _weights(traffic)}
    last = last_traffic(connection, decided.portfolio, TrafficDecision.CHAMPION)
    if last is not None and last.model_id == decided.champion and last.figures.get("slot") == figures["slot"]:
        return
    record_traffic(
        connection,
        decided.portfolio,
        decided.champion,
        TrafficDecision.CHAMPION,
        figures={**figures, "previous": _previous(last)},
        actor=_actor(release),
        at=now,
    )


def _traffic_after(decided: Pass) -> Traffic | None:
    written = [action.traffic for action in decided.actions if isinstance(action, SetTraffic)]
    return written[-1] if written else decided.place.traffic


def _has_it_all(decided: Pass, traffic: Traffic) -> bool:
    state = decided.place.slots.get(traffic.score)
    stands = state is not None and state.model_id == decided.champion
    return stands and goal(traffic.score, decided.place).splits_like(traffic)


def _previous(last: PromotionEvent | None) -> Mapping[str, Json] | None:
    return None if last is None else {"model_id": last.model_id, "slot": last.figures.get("slot")}


def _is_recorded(connection: Connection, portfolio: str, wait: Wait, late: Mapping[str, Json]) -> bool:
    last = last_traffic(connection, portfolio, TrafficDecision.NOT_READY, model_id=wait.model_id)
    return last is not None and all(last.figures.get(name) == value for name, value in late.items())


def _weights(traffic: Traffic) -> Mapping[str, int]:
    return {str(slot): traffic.weights.get(slot, 0) for slot in Slot}


def _actor(release: str) -> str:
    return f"rollout of {release}"
