"""Training whose models live in a store, on machines whose disks are new each time."""

import shutil
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from credit.database.schema import BLINK_MODELS
from credit.model_store.errors import ModelStoreError
from credit.model_store.folder import FolderStore
from tests.postgres.training.population import NOW, order
from trainer.deployment import Deployment
from trainer.pipeline import train


class FullStore(FolderStore):
    def put(self, bundle):
        raise ModelStoreError(f"no space for {bundle.name}")


def test_a_model_is_in_the_store_and_the_next_is_compared_with_it_on_another_machine(engine, populate, tmp_path):
    populate(110)
    store = FolderStore(tmp_path / "store")
    first = train(engine, order(tmp_path, store=store, deployment=Deployment()), now=NOW)
    assert store.exists(first.model_id)
    shutil.rmtree(tmp_path / "models")
    second = train(engine, order(tmp_path, store=store, deployment=Deployment()), now=NOW + timedelta(hours=1))
    assert second.answered.wish.champion == first.model_id
    assert second.answered.wish.evidence is not None


def test_what_the_store_does_not_take_is_not_registered(engine, populate, tmp_path):
    populate(110)
    with pytest.raises(ModelStoreError, match="no space for model_cash_advance_"):
        train(engine, order(tmp_path, store=FullStore(tmp_path / "store"), deployment=Deployment()), now=NOW)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(BLINK_MODELS)).scalar_one() == 0
