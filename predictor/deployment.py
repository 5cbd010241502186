"""The model that answers now."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from credit.bundle.reader import Bundle
from credit.database.audits import ScoreRole
from predictor.category_codes import CategoryCodes
from predictor.errors import UnavailableError, UnknownModelError
from predictor.feature_values import RowRules
from predictor.first_request import FirstRequest
from predictor.metrics import Metrics
from predictor.pace import UNKNOWN, Pace
from predictor.unknown_values import NOT_SUPPLIED, absent_because
from predictor.worker_states import WorkerStates

_log = logging.getLogger(__name__)

ASLEEP = "it is loaded when a request first needs it"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A model that was loaded and proved; requests that began with it end with it."""

    bundle: Bundle
    role: ScoreRole
    obstacle: str = ""
    """Why its scores cannot be audited; empty where they can."""
    pace: Pace = field(default_factory=lambda: UNKNOWN, compare=False, repr=False)
    """How fast its answers are."""
    rules: RowRules = field(init=False, compare=False, repr=False)
    """What its features allow in rows."""
    codes: CategoryCodes = field(init=False, compare=False, repr=False)
    """What texts mean to its features."""
    not_supplied: Mapping[str, str] = field(init=False, compare=False, repr=False)
    """For each feature, in order, why it is unknown where a client gave no value that the model knows."""
    feature_names: tuple[str, ...] = field(init=False, compare=False, repr=False)
    """In the order of the model's columns."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature_names", self.bundle.feature_names)
        features = self.bundle.manifest.features
        object.__setattr__(self, "rules", RowRules(features))
        object.__setattr__(self, "codes", CategoryCodes(features))
        object.__setattr__(self, "not_supplied", absent_because(features, NOT_SUPPLIED))


class Deployment:
    """The one place where the serving model is looked up and replaced; a replacement is one assignment."""

    def __init__(self, metrics: Metrics, workers: WorkerStates | None = None) -> None:
        """`workers`: those of the server where it has several; it is ready when all of them are."""
        self._metrics = metrics
        self._workers = workers
        self._deployed: Deployed | None = None
        self._trouble = "no model has been loaded yet"
        self._held = ""
        self._first: FirstRequest | None = None

    @property
    def ready(self) -> bool:
        """Whether there is a model, or the first request loads it, and nothing holds it back, in every worker."""
        return (self._deployed is not None or self.asleep) and not self._held and not self._others()

    @property
    def asleep(self) -> bool:
        """Whether the first request is to load the model, or does so now; no longer after a try has failed."""
        return self._deployed is None and self._first is not None and not self._trouble

    @property
    def loaded(self) -> Deployed | None:
        """The model that serves, or will when nothing holds it back."""
        return self._deployed

    @property
    def trouble(self) -> str:
        """Why the last look brought no new model; empty where nothing is wrong."""
        return self._trouble

    def load_on(self, first: FirstRequest) -> None:
        """Be ready without a model, which `first` loads when it is wanted."""
        self._first, self._trouble = first, ""
        self._tell()

    async def wanted(self) -> None:
        """Return when there is a model, where it is the first request that loads it; otherwise at once.

        Raises:
            UnavailableError: where it cannot be loaded, or not in the time that a request waits.
        """
        if self._deployed is None and self._first is not None:
            await self._first.loaded()

    def current(self) -> Deployed:
        """The serving model.

        Raises:
            UnavailableError: where there is none, with the reason.
        """
        if self._deployed is None:
            raise UnavailableError(f"no model is ready: {self._trouble or ASLEEP}")
        self._check_not_held()
        return self._deployed

    def check_name(self, served: str, name: str, version: str | None) -> None:
        """Do nothing where a request's model name and version (None or empty: any) are the ones served.

        Raises:
            UnknownModelError: naming what is served.
            UnavailableError: where a version is asked for while there is no model.
        """
        if name != served:
            raise UnknownModelError(f"no model {name!r} here; this server serves {served}")
        if version and version != self.current().bundle.model_id:
            raise UnknownModelError(f"no version {version!r} of {name} here; {self.current().bundle.model_id} serves")

    def check_all_ready(self) -> None:
        """Do nothing where every worker has a model, or loads it on its first request.

        Raises:
            UnavailableError: with the reason.
        """
        self._check_here()
        if trouble := self._others():
            raise UnavailableError(trouble)

    def check_ready(self, served: str, name: str, version: str | None) -> None:
        """Do nothing where the model of that name is ready.

        A named version is ready when its scores can be audited too: whoever asks for it is about to send it `/score`.
        Without one a model is enough, so that a database that is away takes no server out of service; so is one that
        the first request loads, since none would come otherwise.

        Raises:
            UnknownModelError: as `check_name`.
            UnavailableError: where there is no model, or the named one cannot be audited, with the reason.
        """
        self.check_name(served, name, version)
        self._check_here()
        if version and (obstacle := self.current().obstacle):
            raise UnavailableError(obstacle)
        if trouble := self._others(version):
            raise UnavailableError(trouble)

    def replace(self, deployed: Deployed) -> None:
        """Serve another model from now on."""
        self._deployed, self._trouble = deployed, ""
        self._metrics.deployed(deployed.bundle.portfolio, deployed.bundle.model_id, deployed.bundle.engine.version)
        self._tell()
        _log.info("serving %s as %s", deployed.bundle.model_id, deployed.role)

    def hold(self, reason: str) -> None:
        """Be not ready, whatever is loaded, until `release`."""
        self._held = reason
        self._tell()

    def release(self) -> None:
        """Be ready where there is a model."""
        self._held = ""
        self._tell()

    def refused(self, trouble: str) -> None:
        """Keep serving what is served; the reason is logged once."""
        if trouble != self._trouble:
            _log.error("the model was not changed: %s", trouble)
            self._metrics.refused()
            self._trouble = trouble
            self._tell()

    def unchanged(self) -> None:
        """The serving model is the right one."""
        self._trouble = ""

    def _check_here(self) -> None:
        if self.asleep:
            self._check_not_held()
        else:
            self.current()

    def _check_not_held(self) -> None:
        if self._held:
            raise UnavailableError(f"not ready yet: {self._held}")

    def _others(self, version: str | None = None) -> str:
        return "" if self._workers is None else self._workers.trouble(version)

    def _tell(self) -> None:
        if self._workers is None:
            return
        if self._deployed is None:
            self._workers.tell(trouble=self._held or self._trouble)
        else:
            deployed = self._deployed
            self._workers.tell(trouble=self._held, model_id=str(deployed.bundle.model_id), obstacle=deployed.obstacle)
