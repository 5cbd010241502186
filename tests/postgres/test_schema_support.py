"""A schema that is newer than a release: served where the schema says so, refused clearly where it does not.

The newer release is this one with a further migration, in a folder that the test makes.
"""

import shutil

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from blink.cli.main import run
from credit.database import migrate
from credit.database.errors import ReleaseOutdatedError, SchemaOutdatedError
from credit.database.migrate import current, downgrade, head, require_head, upgrade

OLD = head()
FURTHER = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "{version}", "{before}", None, None


def upgrade():
    op.execute("{up}")


def downgrade():
    op.execute("{down}")
"""
EXPANDED, CONTRACTED = f"{int(OLD) + 1:04}", f"{int(OLD) + 2:04}"


@pytest.fixture
def newer(tmp_path, monkeypatch):
    """Makes this process the release after this one: it adds a column, and a release later takes one away."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate._FOLDER, folder)
    old = migrate._FOLDER

    def add(version, before, up, down):
        source = FURTHER.format(version=version, before=before, up=up, down=down)
        (folder / "versions" / f"{version}_further.py").write_text(source)

    add(
        EXPANDED,
        OLD,
        "ALTER TABLE blink.drift_reports ADD COLUMN note text",
        "ALTER TABLE blink.drift_reports DROP COLUMN note",
    )
    add(
        CONTRACTED,
        EXPANDED,
        f"ALTER TABLE blink.drift_reports DROP COLUMN note; UPDATE blink.schema_support SET oldest = '{EXPANDED}'",
        f"ALTER TABLE blink.drift_reports ADD COLUMN note text; UPDATE blink.schema_support SET oldest = '{OLD}'",
    )

    def become(new):
        monkeypatch.setattr(migrate, "_FOLDER", folder if new else old)

    return become


def test_versions_are_numbers_in_their_order():
    revisions = [script.revision for script in ScriptDirectory(str(migrate._FOLDER)).walk_revisions()]
    assert revisions == [f"{number:04}" for number in range(len(revisions), 0, -1)]


def test_a_release_works_on_a_newer_schema_that_serves_it(database, newer):
    engine = database.engine()
    newer(True)
    upgrade(engine, EXPANDED)
    newer(False)
    with engine.connect() as connection:
        assert (current(connection), head()) == (EXPANDED, OLD)
        require_head(connection)
    for role in ("blink_loader", "blink_scorer", "blink_trainer", "blink_reader"):
        with database.engine(role).connect() as connection:
            require_head(connection)
    upgrade(engine)
    with engine.connect() as connection:
        assert current(connection) == EXPANDED


def test_the_last_release_says_what_it_finds_and_migrates_nothing(database, newer, monkeypatch, capsys):
    newer(True)
    upgrade(database.engine(), EXPANDED)
    newer(False)
    monkeypatch.setenv("DATABASE_URL", database.url)
    assert run(["db", "migrate"]) == 0
    served = f"schema at version {EXPANDED}, newer than this release's {OLD}, which it still serves\n"
    assert capsys.readouterr().out == served


def test_a_release_that_a_newer_schema_no_longer_serves_is_told_so(database, newer):
    engine = database.engine()
    newer(True)
    upgrade(engine)
    newer(False)
    message = (
        f"the database is at schema version {CONTRACTED}, which serves releases made for {EXPANDED} or later; "
        f"this one was made for {OLD}: use a newer release of blinkscoring"
    )
    with engine.connect() as connection, pytest.raises(ReleaseOutdatedError) as caught:
        require_head(connection)
    assert str(caught.value) == message
    with pytest.raises(ReleaseOutdatedError):
        upgrade(engine)
    newer(True)
    downgrade(engine, EXPANDED)
    newer(False)
    with engine.connect() as connection:
        require_head(connection)


def test_a_newer_release_asks_for_its_migration(database, newer):
    newer(True)
    with database.engine().connect() as connection, pytest.raises(SchemaOutdatedError, match="run `blink db migrate`"):
        require_head(connection)


def test_runs_survive_the_way_back_and_a_requested_one_is_closed(database):
    engine = database.engine()
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO blink.pipeline_runs"
                " (run_id, kind, portfolio, batch_id, as_of, pg_snapshot, state, started_at, workflow)"
                " VALUES (gen_random_uuid(), 'train', 'cash_advance', 'B', now(), pg_current_snapshot(),"
                " 'requested', now(), 'w')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO blink.blink_models (model_id, portfolio, algorithm, metrics, feature_importance, status,"
                " created_at) VALUES ('model_B-1_20260101_000000', 'p', 'lightgbm', '{}', '[]', 'refused', now())"
            )
        )
    downgrade(engine, "0001")
    upgrade(engine)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT state, outcome, workflow FROM blink.pipeline_runs")).all()
    error = "asked for, and never begun: the schema was taken back to 0001"
    assert [tuple(row) for row in rows] == [("failed", {"error": error}, None)]
