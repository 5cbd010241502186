"""MLflow: a parent run for each training, a run within it for each trial, and its registry."""

import json
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

# Nothing about a lender's trainings leaves the lender; and a server that is away is not waited for over and over.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from credit.bundle.canonical import to_bytes
from trainer.comparison.candidate import Trial
from trainer.errors import TrackingError
from trainer.standing import is_chosen
from trainer.tracking.facts import RunFacts, TrackedModel, TrackingPlace
from trainer.tracking.pages import CHOSEN, candidates_table, choice_note, figures_of, model_note, standings_of

ALIAS = "challenger"
"""MLflow's own word for a version that is to be tried against the `champion`; deployment is not decided there."""

PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
SOURCE = "mlflow.source.name"
STANDING = "blink.standing"
MOST_PARAMS = 100
"""That MLflow takes at once."""
KIND = "mlflow.experimentKind"
"""What its pages show first: runs, not chats."""
_KEY = "blink.rows_sha256"
_REGISTERED = (
    "Models that trainings of the portfolio {portfolio} gave; @{alias} is the last. What is deployed is decided by "
    "`blink rollout`, not here."
)


class MlflowRuns:
    """One training's runs."""

    def __init__(self, place: TrackingPlace) -> None:
        self.place = place
        self._client: MlflowClient
        self._run: Run
        self._selection: Mapping[str, Any] | None = None
        self._trials: dict[str, str] = {}
        """Runs of the trials that have ended on every fold, by the trials' names."""
        self._settings: dict[str, Mapping[str, str]] = {}
        """What trials were fitted with, by their names."""

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Inside, errors of MLflow, of its store and of the network are TrackingError."""
        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            place, said = _without_login(self.place.uri), " ".join(str(error).split())[:300]
            raise TrackingError(f"MLflow at {place}: {said}; {self._what_to_do()}") from error

    def _what_to_do(self) -> str:
        if self.place.artifacts is None:
            return "correct MLFLOW_TRACKING_URI, or unset it"
        folder = self.place.artifacts.parent
        return f"see to the folder {folder}, or set MLFLOW_TRACKING_URI to another place, or to none"

    def begin(self, facts: RunFacts) -> None:
        """Begin the parent run in the experiment of the portfolio."""
        self._client = _client(self.place)
        experiment = self._experiment(facts.experiment)
        self._close_killed(experiment, facts)
        source = f"blink train {facts.experiment}"
        tags = {_KEY: facts.facts["rows_sha256"], "blink.portfolio": facts.experiment, SOURCE: source}
        self._run = self._client.create_run(experiment, tags=tags, run_name=facts.name)
        params = [Param(name, value) for name, value in facts.facts.items() if value]
        self._client.log_batch(self._run.info.run_id, params=params)
        self._client.log_inputs(self._run.info.run_id, [_input(facts.facts)])

    def trial(self, trial: Trial) -> None:
        """Add a child run: what it was fitted with as parameters, each fold's figures as steps, their means beside."""
        tags = {PARENT: self._run.info.run_id, "blink.pruned": str(trial.pruned).lower()}
        tags |= {SOURCE: self._run.data.tags[SOURCE]} | ({STANDING: "given up"} if trial.pruned else {})
        # Its duration is what fitting took: a trial is told when it has ended, and those of an earlier run at once.
        began = round(1000 * (time.time() - trial.seconds))
        child = self._client.create_run(self._run.info.experiment_id, began, tags, trial.name)
        run_id, at = child.info.run_id, child.info.start_time
        figures = {"mean_roc_auc": trial.mean_auc, "mean_log_loss": trial.mean_log_loss}
        figures |= {"seconds": trial.seconds, "folds": len(trial.folds)}
        metrics = [Metric(name, float(value), at, 0) for name, value in figures.items()]
        for step, fold in enumerate(trial.folds):
            metrics.append(Metric("fold_roc_auc", fold.roc_auc, at, step))
            metrics.append(Metric("fold_log_loss", fold.log_loss, at, step))
        params = {"algorithm": trial.algorithm, "trial": trial.number, **trial.settings, **trial.parameters}
        self._client.log_batch(run_id, metrics)
        self._log_params(run_id, params)
        self._settings[trial.name] = trial.settings
        if not trial.pruned:
            self._trials[trial.name] = run_id
        # A trial that was given up is no failure: MLflow has no other word for one that has no result.
        self._client.set_terminated(run_id, "KILLED" if trial.pruned else "FINISHED")

    def selection(self, selection: Mapping[str, Any]) -> None:
        """Add the choice: in words, as a table and as parameters, and to each trial how it stands."""
        run_id, at = self._run.info.run_id, self._run.info.start_time
        self._selection = selection
        params = {"chosen_algorithm": selection["algorithm"], "comparison_key": selection["key"]}
        chosen = next(one["candidate"] for one in selection["standings"] if is_chosen(one, selection))
        settings = {**self._settings[chosen], **selection["parameters"]}
        self._log_params(run_id, params | {f"chosen_{name}": value for name, value in settings.items()})
        for one, standing in zip(selection["standings"], standings_of(selection), strict=True):
            metrics = [Metric(name, float(one[name]), at, 0) for name in ("shortfall", "standard_error")]
            if standing == CHOSEN:
                self._client.log_batch(run_id, [Metric("mean_roc_auc", float(one["mean_auc"]), at, 0), *metrics])
            self._client.log_batch(self._trials[one["candidate"]], metrics, tags=[RunTag(STANDING, standing)])
        for name in self._trials.keys() - {one["candidate"] for one in selection["standings"]}:
            self._client.set_tag(self._trials[name], STANDING, "outdone by a trial of its algorithm")
        self._client.log_table(run_id, candidates_table(selection), "candidates.json")
        self._client.set_tag(run_id, NOTE, self._choice_note(selection))

    def model(self, model: TrackedModel) -> None:
        """Add the model's figures, pictures, report and bundle, and register it under the portfolio's name."""
        run_id = self._run.info.run_id
        at, notes = self._run.info.start_time, [model_note(model)]
        notes += [] if self._selection is None else [self._choice_note(self._selection)]
        tags = [RunTag("blink.model_id", model.model_id), RunTag(NOTE, "\n\n".join(notes))]
        fitted = {"algorithm": model.report["algorithm"], **model.report["settings"]}
        self._log_params(run_id, {f"model_{name}": value for name, value in fitted.items()})
        metrics = [Metric(name, value, at, 0) for name, value in figures_of(model.report["metrics"]).items()]
        self._client.log_batch(run_id, metrics, tags=tags)
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

    def _choice_note(self, selection: Mapping[str, Any]) -> str:
        """With a link to the page that compares the candidates, relative to the server's own."""
        runs = [self._trials[one["candidate"]] for one in selection["standings"]]
        given = {"runs": json.dumps(runs), "experiments": json.dumps([self._run.info.experiment_id])}
        # The pages do not read a plus as a blank.
        return choice_note(selection, f"[Compare them](#/compare-runs?{urlencode(given, quote_via=quote)}).")

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

    def _log_params(self, run_id: str, found: Mapping[str, Any]) -> None:
        params = [Param(name, str(value)) for name, value in found.items()]
        for first in range(0, len(params), MOST_PARAMS):
            self._client.log_batch(run_id, params=params[first : first + MOST_PARAMS])

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
            self._client.create_registered_model(name, description=_REGISTERED.format(portfolio=name, alias=ALIAS))
        artifacts = self._client.get_run(run_id).info.artifact_uri
        tags = {"model_id": model.model_id}
        version = self._client.create_model_version(
            name, f"{artifacts}/bundle", run_id, tags, description=model_note(model)
        )
        self._client.set_registered_model_alias(name, ALIAS, version.version)


def _client(place: TrackingPlace) -> MlflowClient:
    if place.artifacts is not None:
        place.artifacts.mkdir(parents=True, exist_ok=True)
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return MlflowClient(place.uri, place.uri)


def _input(facts: Mapping[str, str]) -> DatasetInput:
    """What the pages list under data sets: the file, or the rows of the database, by the hash's first digits."""
    name, sha256 = facts.get("input", "rows of the database"), facts.get("input_sha256", facts["rows_sha256"])
    source, profile = json.dumps({"name": name, "sha256": sha256}), {"num_rows": int(facts["rows"])}
    dataset = Dataset(name, sha256[:16], "local", source, profile=json.dumps(profile))
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def _without_login(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if rest else uri
