"""Bodies of the control API: what its OpenAPI document shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from credit.database.models import RegisteredModel
from credit.database.pipeline_runs import PipelineRun

Json = Any
"""A JSON value as `json` reads it."""


class TrainRequest(BaseModel):
    """A training that somebody asks for."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"batch_id": "BATCH_001"}]})

    batch_id: Annotated[str, Field(min_length=1, max_length=80)]
    portfolio: Annotated[str | None, Field(description="needed where the batch does not say it")] = None
    deploy: Annotated[bool, Field(description="deploy the model where it is no worse than the deployed one")] = True


class RunAnswer(BaseModel):
    """A run of the pipeline."""

    run_id: UUID
    kind: str
    portfolio: str
    batch_id: str | None
    state: Annotated[str, Field(description="requested, running, succeeded, refused or failed")]
    workflow: str | None
    requested_by: str | None
    as_of: datetime
    outcome: dict[str, Json]
    started_at: datetime
    finished_at: datetime | None
    watch: Annotated[dict[str, str], Field(description="where the run can be watched")]


class RunsAnswer(BaseModel):
    """Runs, the newest first."""

    runs: list[RunAnswer]


class ModelAnswer(BaseModel):
    """A trained model."""

    model_config = ConfigDict(protected_namespaces=())

    model_id: str
    portfolio: str
    batch_id: str | None
    algorithm: str
    status: str
    model_path: str | None
    manifest_sha256: str | None
    metrics: dict[str, Json]
    run_id: UUID | None
    fitted_until: datetime | None
    created_at: datetime


class ModelsAnswer(BaseModel):
    """Models, the newest first."""

    models: list[ModelAnswer]


class ImportanceAnswer(BaseModel):
    """A model's features, the most important first."""

    model_config = ConfigDict(protected_namespaces=())

    model_id: str
    feature_importance: list[dict[str, Json]]


class ErrorAnswer(BaseModel):
    """Why a request was not answered as asked."""

    error: str
    request_id: str


class ActiveAnswer(ErrorAnswer):
    """A training of the batch is active already."""

    run_id: UUID


class StateAnswer(BaseModel):
    """Whether the server is well."""

    state: str


def run_answer(run: PipelineRun, watch: Mapping[str, str]) -> RunAnswer:
    """A run as the API shows it."""
    values = {name: getattr(run, name) for name in RunAnswer.model_fields if name not in {"watch", "outcome"}}
    shown = {"api": f"/api/pipeline/runs/{run.run_id}", **watch}
    return RunAnswer(**values, outcome=dict(run.outcome), watch=shown)


def model_answer(model: RegisteredModel) -> ModelAnswer:
    """A model as the API shows it."""
    said = {name: getattr(model, name) for name in ModelAnswer.model_fields}
    digest = model.manifest_sha256
    plain = {"status": str(model.status), "metrics": dict(model.metrics)}
    return ModelAnswer(**said | plain | {"manifest_sha256": None if digest is None else digest.hex()})


def importance_answer(model: RegisteredModel) -> ImportanceAnswer:
    """A model's features as the API shows them."""
    rows: Sequence[Mapping[str, Json]] = model.feature_importance
    return ImportanceAnswer(model_id=model.model_id, feature_importance=[dict(row) for row in rows])
