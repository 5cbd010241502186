"""`blink model export MODEL --to lynq`: a model's artifacts, with the rows that it was trained on."""

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection

from blink.database import open_database
from blink.outcome import Outcome
from blink.settings import read_settings
from credit.bundle.lynq import export_lynq
from credit.bundle.reader import Bundle
from credit.bundle.training_dataset import DatasetSource, dataset_part
from credit.database.labels import NO_LABEL
from credit.database.models import RegisteredModel
from credit.database.pipeline_runs import get_run
from credit.database.table_rows import stored_rows
from credit.portfolios import Feature, TableRule
from trainer.rows import Source

_SAID = {
    DatasetSource.DATABASE: "as they are stored, those that judged the model among them",
    DatasetSource.REFERENCE: "that its bundle keeps: all that it was trained on are not in the database",
}


def lynq_exported(arguments: Namespace, model: RegisteredModel, bundle: Bundle) -> Outcome:
    """Write the artifacts, and say where their rows are from."""
    with open_database(read_settings(home=arguments.home), "blink_reader") as engine, engine.connect() as connection:
        report = export_lynq(bundle, arguments.folder, _stored(connection, model, bundle))
    text = (
        f"{arguments.folder}: {', '.join(report.files)} of {model.model_id}\n"
        f"{report.dataset.rows:,} rows {_SAID[report.dataset.source]}"
    )
    return Outcome(text, {"files": list(report.files), "dataset": asdict(report.dataset)})


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A portfolio as a bundle remembers it: its file may be another by now."""

    name: str
    features: tuple[Feature, ...]
    table: TableRule


def _stored(connection: Connection, model: RegisteredModel, bundle: Bundle) -> Iterator[pa.Table] | None:
    """The labelled rows of the model's batch as its training knew them; None where its rows are no table's."""
    rule = bundle.manifest.label_rule
    if not isinstance(rule, TableRule) or model.run_id is None:
        return None
    run = get_run(connection, model.run_id)
    if run.outcome.get("source") == Source.FILE:
        return None
    portfolio = _Remembered(model.portfolio, bundle.manifest.features, rule)
    return _parts(connection, portfolio, model.batch_id, run.as_of)


def _parts(connection: Connection, portfolio: _Remembered, batch_id: str | None, as_of: datetime) -> Iterator[pa.Table]:
    names = [feature.name for feature in portfolio.features]
    for rows in stored_rows(connection, portfolio, batch_id=batch_id, as_of=as_of):
        labelled = rows.y != NO_LABEL
        times = pa.array(rows.observed_at[labelled].astype(np.int64)).cast(pa.timestamp("us", tz="UTC"))
        subjects = rows.subject_id[labelled].tolist()
        yield dataset_part(subjects, times, pa.array(rows.y[labelled]), names, rows.values[labelled])
