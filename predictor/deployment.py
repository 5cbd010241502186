"""The model that answers now, and the follower that replaces it when the champion changes."""

import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from credit.bundle.errors import BundleError
from credit.bundle.reader import Bundle, load_bundle
from credit.database import models
from credit.database.audits import ScoreRole
from credit.database.models import ModelStatus, RegisteredModel
from credit.database.score_requests import DatabaseAwayError, online_transaction
from credit.portfolios import PortfolioName
from credit.reasons import ReasonError
from credit.scores import score_rows
from predictor.errors import UnavailableError, UnknownModelError
from predictor.metrics import Metrics

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A model that was loaded and proved; requests that began with it end with it."""

    bundle: Bundle
    role: ScoreRole
    registered: bool
    """Whether the database knows the model, so that its scores can be audited."""


class Deployment:
    """The one place where the serving model is looked up and replaced; a replacement is one assignment."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._deployed: Deployed | None = None
        self._trouble = "no model has been loaded yet"

    @property
    def ready(self) -> bool:
        """Whether there is a model."""
        return self._deployed is not None

    @property
    def trouble(self) -> str:
        """Why the last look brought no new model; empty where nothing is wrong."""
        return self._trouble

    def current(self) -> Deployed:
        """The serving model.

        Raises:
            UnavailableError: where there is none, with the reason.
        """
        if self._deployed is None:
            raise UnavailableError(f"no model is ready: {self._trouble}")
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

    def replace(self, deployed: Deployed) -> None:
        """Serve another model from now on."""
        self._deployed, self._trouble = deployed, ""
        self._metrics.deployed(deployed.bundle.portfolio, deployed.bundle.model_id, deployed.bundle.engine.version)
        _log.info("serving %s as %s", deployed.bundle.model_id, deployed.role)

    def refused(self, trouble: str) -> None:
        """Keep serving what is served; the reason is logged once."""
        if trouble != self._trouble:
            _log.error("the model was not changed: %s", trouble)
            self._metrics.refused()
        self._trouble = trouble

    def unchanged(self) -> None:
        """The serving model is the right one."""
        self._trouble = ""


class ChampionFollower:
    """Keeps a deployment on the portfolio's champion."""

    def __init__(
        self, deployment: Deployment, database: Engine, model_dir: Path, portfolio: PortfolioName, *, seconds: float
    ) -> None:
        self._deployment = deployment
        self._database = database
        self._model_dir = model_dir
        self._portfolio = portfolio
        self._seconds = seconds

    def look(self) -> None:
        """Load and swap in the champion where it is another than the one that serves.

        A champion that cannot be read, or a database that is away, changes nothing but the reported trouble.
        """
        try:
            champion = self._champion()
            if champion is None:
                self._deployment.refused(f"portfolio {self._portfolio} has no champion: train one with --deploy")
            elif self._deployment.ready and self._deployment.current().bundle.model_id == champion.model_id:
                self._deployment.unchanged()
            else:
                self._deployment.replace(registered_bundle(self._model_dir, champion))
        except (BundleError, ReasonError, DatabaseAwayError) as error:
            self._deployment.refused(str(error))

    def _champion(self) -> RegisteredModel | None:
        with online_transaction(self._database, timeout_seconds=self._seconds) as connection:
            return models.champion(connection, self._portfolio)


def registered_bundle(model_dir: Path, model: RegisteredModel) -> Deployed:
    """The bundle of a registered model, proved to be the one that was registered.

    Raises:
        BundleError: where it is missing, damaged, another's, or does not reproduce its golden rows.
        ReasonError: where a reason has no sentence.
    """
    bundle = proved_bundle(model_dir / (model.model_path or model.model_id), PortfolioName(model.portfolio))
    known = (model.manifest_sha256 or b"").hex()
    if bundle.model_id != model.model_id or bundle.manifest_sha256 != known:
        raise BundleError(
            f"{bundle.path}: holds {bundle.model_id} with manifest {bundle.manifest_sha256}, but "
            f"{model.model_id} with manifest {known} was registered"
        )
    return Deployed(bundle, _role(model), registered=True)


def pinned_bundle(path: Path, portfolio: PortfolioName, database: Engine | None, *, seconds: float) -> Deployed:
    """One given bundle; its scores can be audited where the database knows the model.

    Raises:
        BundleError: as `registered_bundle`.
        DatabaseAwayError: where there is a database, but away.
    """
    bundle = proved_bundle(path, portfolio)
    if database is None:
        return Deployed(bundle, "champion", registered=False)
    try:
        with online_transaction(database, timeout_seconds=seconds) as connection:
            model = models.get(connection, bundle.model_id)
    except models.UnknownModelError:
        return Deployed(bundle, "challenger", registered=False)
    same = model.manifest_sha256 is not None and model.manifest_sha256.hex() == bundle.manifest_sha256
    return Deployed(bundle, _role(model), registered=same)


def proved_bundle(path: Path, portfolio: PortfolioName) -> Bundle:
    """The bundle of `portfolio` in a directory, after its hashes, its golden rows and its reasons were checked.

    Raises:
        BundleError: naming the file or the golden row that differs.
        ReasonError: where a reason has no sentence.
    """
    bundle = load_bundle(path)
    if bundle.portfolio != portfolio:
        raise BundleError(f"{path}: a model of portfolio {bundle.portfolio}, not {portfolio}")
    score_rows(bundle, bundle.golden.rows)
    return bundle


def _role(model: RegisteredModel) -> ScoreRole:
    return "champion" if model.status is ModelStatus.CHAMPION else "challenger"
