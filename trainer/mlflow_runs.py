"""MLflow: a parent run for each training, a run within it for each trial, and its registry."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Nothing about a lender's trainings leaves the lender; and a server that is away is not waited for over and over.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from credit.bundle.canonical import to_bytes
from trainer.comparison.candidate import Trial
from trainer.errors import TrackingError
from trainer.tracking import RunFacts, TrackedModel, TrackingPlace

ALIAS = "challenger"
"""MLflow's own word for a version that is to be tried against the `champion`; deployment is not decided there."""

PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
KIND = "mlflow.experimentKind"
"""What its pages show first: runs, not chats."""
_KEY = "blink.rows_sha256"


class MlflowRuns:
    """One training's runs."""

    def __init__(self, place: TrackingPlace) -> None:
        self.place = place
        self._client: MlflowClient
        self._run: Run
        self._selection: Mapping[str, Any] | None = None

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Inside, errors of MLflow, of its store and of the network are TrackingError."""
        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            place, said = _without_login(self.place.uri), " ".join(str(error).split())[:300]
            raise TrackingError(f"MLflow at {place}: {said}; correct MLFLOW_TRACKING_URI, or unset it") from error

    def begin(self, facts: RunFacts) -> None:
        """Begin the parent run in the experiment of the portfolio."""
        self._client = _client(self.place)
        experiment = self._experiment(facts.experiment)
        self._close_killed(experiment, facts)
        tags = {_KEY: facts.facts["rows_sha256"], "blink.portfolio": facts.experiment}
        self._run = self._client.create_run(experiment, tags=tags, run_name=facts.name)
        params = [Param(name, value) for name, value in facts.facts.items()]
        self._client.log_batch(self._run.info.run_id, params=params)

    def trial(self, trial: Trial) -> None:
        """Add a child run: settings as parameters, each fold's figures as steps, their means beside them."""
        tags = {PARENT: self._run.info.run_id, "blink.pruned": str(trial.pruned).lower()}
        child = self._client.create_run(self._run.info.experiment_id, tags=tags, run_name=trial.name)
        run_id, at = child.info.run_id, child.info.start_time
        figures = {"mean_roc_auc": trial.mean_auc, "seconds": trial.seconds, "folds": len(trial.folds)}
        metrics = [Metric(name, float(value), at, 0) for name, value in figures.items()]
        for step, fold in enumerate(trial.folds):
            metrics.append(Metric("fold_roc_auc", fold.roc_auc, at, step))
            metrics.append(Metric("fold_log_loss", fold.log_loss, at, step))
        params = {"algorithm": trial.algorithm, "trial": trial.number, **trial.parameters}
        self._client.log_batch(run_id, metrics, [Param(name, str(value)) for name, value in params.items()])
        # A trial that was given up is no failure: MLflow has no other word for one that has no result.
        self._client.set_terminated(run_id, "KILLED" if trial.pruned else "FINISHED")

    def selection(self, selection: Mapping[str, Any]) -> None:
        """Add the choice: its rule as the run's description, the algorithm and its settings as parameters."""
        run_id = self._run.info.run_id
        self._selection = selection
        params = {"chosen_algorithm": selection["algorithm"], "key": selection["key"]}
        params |= {f"chosen_{name}": value for name, value in selection["parameters"].items()}
        chosen = next(one for one in selection["standings"] if _is_chosen(one, selection))
        figures = {"mean_roc_auc": chosen["mean_auc"], "shortfall": chosen["shortfall"]}
        metrics = [Metric(name, value, self._run.info.start_time, 0) for name, value in figures.items()]
        tags = [RunTag(NOTE, f"{chosen['candidate']} was chosen: {selection['rule']}.")]
        self._client.log_batch(run_id, metrics, [Param(name, str(value)) for name, value in params.items()], tags)

    def model(self, model: TrackedModel) -> None:
        """Add the model's figures, pictures, report and bundle, and register it under the portfolio's name."""
        run_id = self._run.info.run_id
        metrics = _test_metrics(model.report["metrics"], self._run.info.start_time)
        self._client.log_batch(run_id, metrics, tags=[RunTag("blink.model_id", model.model_id)])
        self._client.log_artifacts(run_id, str(model.bundle), "bundle")
        files = {f"figures/{name}": content for name, content in model.figures.items()}
        files["report.json"] = to_bytes(dict(model.report), file="report.json")
        if model.card is not None:
            files["model_card.html"] = model.card.encode()
        if self._selection is not None:
            files["selection.json"] = to_bytes(dict(self._selection), file="selection.json")
        self._log_files(run_id, files)
        self._register(run_id, model)

    def end(self, *, error: str | None) -> None:
        """End the parent run."""
        run_id = self._run.info.run_id
        if error is not None:
            self._client.set_tag(run_id, "blink.error", error[:4000])
        self._client.set_terminated(run_id, "FINISHED" if error is None else "FAILED")

    def _experiment(self, name: str) -> str:
        known = self._client.get_experiment_by_name(name)
        if known is not None:
            return str(known.experiment_id)
        folder = self.place.artifacts
        place = None if folder is None else (folder / name).as_uri()
        return str(self._client.create_experiment(name, place, tags={KIND: "custom_model_development"}))

    def _close_killed(self, experiment: str, facts: RunFacts) -> None:
        """Training is locked, one process at a time of a portfolio: whoever still runs on the same rows was killed."""
        same = f"tags.`{_KEY}` = '{facts.facts['rows_sha256']}' and attributes.status = 'RUNNING'"
        for run in self._client.search_runs([experiment], same):
            self._client.set_terminated(run.info.run_id, "KILLED")

    def _log_files(self, run_id: str, files: Mapping[str, bytes]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                path = Path(folder) / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
            self._client.log_artifacts(run_id, folder)

    def _register(self, run_id: str, model: TrackedModel) -> None:
        name = str(model.report["portfolio"])
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)
        artifacts = self._client.get_run(run_id).info.artifact_uri
        tags = {"model_id": model.model_id}
        version = self._client.create_model_version(name, f"{artifacts}/bundle", run_id, tags=tags)
        self._client.set_registered_model_alias(name, ALIAS, version.version)


def _client(place: TrackingPlace) -> MlflowClient:
    if place.artifacts is not None:
        place.artifacts.mkdir(parents=True, exist_ok=True)
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return MlflowClient(place.uri, place.uri)


def _is_chosen(standing: Mapping[str, Any], selection: Mapping[str, Any]) -> bool:
    return bool(standing["algorithm"] == selection["algorithm"] and standing["parameters"] == selection["parameters"])


def _test_metrics(found: Mapping[str, Any], at: int) -> list[Metric]:
    """Estimates with their intervals, and what else is one number."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, Mapping) and "estimate" in value:
            flat |= {f"test_{name}": value["estimate"]}
            flat |= {f"test_{name}_{end}": value[end] for end in ("lower", "upper")}
        else:
            flat[f"test_{name}"] = value
    costs = found.get("costs") or {}
    flat |= {f"test_{name}": costs.get(name) for name in ("cost", "accept_all", "savings")}
    numbers = {name: value for name, value in flat.items() if isinstance(value, int | float)}
    return [Metric(name, float(value), at, 0) for name, value in numbers.items()]


def _without_login(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if rest else uri
