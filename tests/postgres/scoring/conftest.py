"""Fixtures of a small lender with a deployed model."""

from pathlib import Path

import pytest

from tests.postgres.scoring.world import FIRST, SECOND, World, add_subjects, deploy, make_bundle, names


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    make_bundle(path, FIRST, seed=1)
    make_bundle(path, SECOND, seed=2)
    return path


@pytest.fixture
def world(database, model_dir: Path) -> World:
    """Seven subjects with history and a champion."""
    owner = database.engine()
    world = World(owner, database.engine("blink_scorer"), database.url, model_dir)
    deploy(owner, world.load_model(FIRST))
    add_subjects(owner, names(7))
    return world
