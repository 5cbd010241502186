"""The names of a portfolio's objects on a cluster. Pure."""

import re

from credit.portfolios import PortfolioName
from rollout.errors import RolloutError
from rollout.slots import Slot

LONGEST_SLOT = 40
"""KServe makes names of its own from a slot's, and host names of those."""
LONGEST_NAME = 63

_DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?", re.ASCII)


def slug(portfolio: PortfolioName) -> str:
    """The portfolio in the names of objects, which know no underscore."""
    return portfolio.replace("_", "-")


def route_name(release: str, portfolio: PortfolioName) -> str:
    """The HTTPRoute of a portfolio.

    Raises:
        RolloutError: where Kubernetes takes no such name.
    """
    return _checked(f"{release}-{slug(portfolio)}", LONGEST_NAME)


def slot_name(release: str, portfolio: PortfolioName, slot: Slot) -> str:
    """The InferenceService of a slot, and its disruption budget.

    Raises:
        RolloutError: where KServe or Kubernetes take no such name.
    """
    return _checked(f"{release}-{slug(portfolio)}-{slot}", LONGEST_SLOT)


def predictor_service(slot: str) -> str:
    """The Service that KServe makes for a slot's pods."""
    return f"{slot}-predictor"


def pods_service(slot: str) -> str:
    """The headless Service that the chart makes for a slot: its name resolves to the pods that are ready."""
    return f"{slot}-pods"


def control_account(release: str) -> str:
    """The ServiceAccount that owns slots and routes: it goes with the release, and they go with it."""
    return f"{release}-control"


def _checked(name: str, longest: int) -> str:
    if len(name) > longest:
        over = len(name) - longest
        raise RolloutError(
            f"{name}: {len(name)} characters, {longest} are possible: "
            f"shorten the release's or the portfolio's name by {over}"
        )
    if _DNS_LABEL.fullmatch(name) is None:
        raise RolloutError(f"{name!r} is no name of a Kubernetes object: a-z, 0-9 and - between them, a letter first")
    return name
