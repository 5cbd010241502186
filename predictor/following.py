"""Followers of the registry: one keeps a server on the champion, one keeps a given bundle's role up to date."""

import logging
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from credit.bundle.errors import BundleError
from credit.bundle.reader import Bundle, load_bundle
from credit.database import models
from credit.database.audits import ScoreRole
from credit.database.errors import ReleaseOutdatedError, SchemaOutdatedError
from credit.database.models import ModelStatus, RegisteredModel
from credit.database.score_requests import DatabaseAwayError, online_transaction
from credit.portfolios import PortfolioName
from credit.reasons import ReasonError
from credit.scores import score_rows
from predictor.deployment import Deployed, Deployment
from predictor.outage import Outage
from predictor.pace import pace_of

_log = logging.getLogger(__name__)


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
        self._outage = Outage(_log)

    def look(self) -> None:
        """Load and swap in the champion where it is another than the one that serves.

        A champion that cannot be read, or a database that is away, changes nothing but the reported trouble.
        """
        try:
            champion = self._champion()
            if champion is None:
                self._deployment.refused(f"portfolio {self._portfolio} has no champion: train one with --deploy")
            elif self._serves(champion.model_id):
                self._deployment.unchanged()
            else:
                self._deployment.replace(registered_bundle(self._model_dir, champion))
        except DatabaseAwayError as error:
            self._outage.noticed(error)
            self._deployment.refused(str(error))
        except (BundleError, ReasonError) as error:
            self._deployment.refused(str(error))

    def _serves(self, model_id: str) -> bool:
        loaded = self._deployment.loaded
        return loaded is not None and loaded.bundle.model_id == model_id

    def _champion(self) -> RegisteredModel | None:
        with online_transaction(self._database, timeout_seconds=self._seconds) as connection:
            champion = models.champion(connection, self._portfolio)
        self._outage.over()
        return champion


class RegistrationFollower:
    """Keeps what the registry says of the one bundle that a deployment serves: may it be audited, and as what."""

    def __init__(self, deployment: Deployment, database: Engine, *, seconds: float) -> None:
        self._deployment = deployment
        self._database = database
        self._seconds = seconds
        self._answered = False
        self._outage = Outage(_log)

    def look(self) -> None:
        """Take over the model's registration where it has changed; a database that is away changes nothing.

        One statement a look, after the first that the database answered.
        """
        served = self._deployment.loaded
        if served is None:
            return
        registered = self.looked_up(served)
        if registered != served:
            self._deployment.replace(registered)
            if registered.obstacle:
                _log.warning("scores cannot be audited: %s", registered.obstacle)

    def looked_up(self, served: Deployed) -> Deployed:
        """A bundle as the registry knows it now; where the database is away, as it was known before."""
        try:
            registered = as_registered(served, self._model(served.bundle.model_id))
        except (SchemaOutdatedError, ReleaseOutdatedError) as error:
            return replace(served, obstacle=str(error))
        except DatabaseAwayError as error:
            self._outage.noticed(error)
            if self._answered:  # what was known stays: an audit finds out for itself that the database is away
                return served
            return replace(served, obstacle=f"{_not_looked_up(served.bundle)}: {error}")
        self._outage.over()
        return registered

    def _model(self, model_id: str) -> RegisteredModel | None:
        with online_transaction(self._database, timeout_seconds=self._seconds) as connection:
            if not self._answered:
                # Alembic takes a third of a second to import: only a server with a database needs it.
                from credit.database.migrate import require_head  # noqa: PLC0415

                require_head(connection)
                self._answered = True
            try:
                return models.get(connection, model_id)
            except models.UnknownModelError:
                return None


def as_registered(served: Deployed, model: RegisteredModel | None) -> Deployed:
    """The served bundle as the registry knows it; None: it does not."""
    bundle = served.bundle
    if model is None:
        return replace(served, role="challenger", obstacle=f"model {bundle.model_id} is not registered in the database")
    known = (model.manifest_sha256 or b"").hex()
    if known != bundle.manifest_sha256:
        obstacle = (
            f"the bundle of {bundle.model_id} is not the one that was registered: its manifest has sha256 "
            f"{bundle.manifest_sha256}, not {known or 'any'}"
        )
        return replace(served, role=_role(model), obstacle=obstacle)
    return replace(served, role=_role(model), obstacle="")


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
    return Deployed(bundle, _role(model), pace=pace_of(bundle))


def pinned_bundle(path: Path, portfolio: PortfolioName, *, looked_up_later: bool) -> Deployed:
    """One given bundle, of which the registry has not been asked; nothing is audited before it is, if it will be.

    Raises:
        BundleError, ReasonError: as `registered_bundle`.
    """
    bundle = proved_bundle(path, portfolio)
    obstacle = _not_looked_up(bundle) if looked_up_later else ""
    return Deployed(bundle, "challenger", obstacle, pace=pace_of(bundle))


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


def _not_looked_up(bundle: Bundle) -> str:
    return f"model {bundle.model_id} has not been looked up in the database yet"


def _role(model: RegisteredModel) -> ScoreRole:
    return "champion" if model.status is ModelStatus.CHAMPION else "challenger"
