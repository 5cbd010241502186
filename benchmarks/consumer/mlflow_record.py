"""A comparison as MLflow's own client reads it back; nothing of ours is asked."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.entities import Run


@dataclass(frozen=True, slots=True)
class Record:
    """One training in MLflow."""

    run_id: str
    test_auc: float
    chosen: str
    """Algorithm."""
    trials: int
    """Runs within it, each candidate's own settings and those of tuning."""
    pruned: int
    """Of them given up before the last fold."""
    fold_aucs: dict[str, list[float]]
    """ROC AUC of each fold by the name of the run within."""
    input_sha256: str
    manifest_sha256: str
    """Of the bundle's manifest, as it was downloaded."""
    manifest_is_whole: bool
    """Whether that is the hash which stands beside it."""
    pictures: list[str]
    registered_model_id: str
    """Of the version that the alias named when it was read."""


def read_record(uri: str, model_id: str) -> Record:
    """The training that gave a model, from the store at an MLflow tracking URI."""
    client = MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name("consumer_credit")
    (parent,) = client.search_runs([experiment.experiment_id], f"tags.`blink.model_id` = '{model_id}'")
    within = f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
    children = client.search_runs([experiment.experiment_id], within)
    version = client.get_model_version_by_alias("consumer_credit", "challenger")
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(client.download_artifacts(parent.info.run_id, "bundle", folder))
        manifest = hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()
        whole = (bundle / "manifest.sha256").read_text("utf-8").split()[0] == manifest
    return Record(
        run_id=parent.info.run_id,
        test_auc=parent.data.metrics["test_roc_auc"],
        chosen=parent.data.params["chosen_algorithm"],
        trials=len(children),
        pruned=sum(child.data.tags["blink.pruned"] == "true" for child in children),
        fold_aucs={child.info.run_name: _fold_aucs(client, child) for child in children},
        input_sha256=parent.data.params["input_sha256"],
        manifest_sha256=manifest,
        manifest_is_whole=whole,
        pictures=sorted(file.path for file in client.list_artifacts(parent.info.run_id, "figures")),
        registered_model_id=version.tags["model_id"],
    )


def _fold_aucs(client: MlflowClient, run: Run) -> list[float]:
    steps = client.get_metric_history(run.info.run_id, "fold_roc_auc")
    return [float(one.value) for one in sorted(steps, key=lambda one: one.step)]
