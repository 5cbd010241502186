"""The schema: migrations there and back, equal to the tables in code, rights of the roles, append-only facts."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from blink.exit_codes import exit_code, message
from credit.database.errors import SchemaOutdatedError
from credit.database.migrate import current, downgrade, head, require_head, upgrade
from credit.database.schema import METADATA, SCHEMA


def ours_only(name, kind, _parents):
    return kind != "schema" or name == SCHEMA


def parents_only(obj, name, kind, reflected, _to):
    partition = kind == "table" and reflected and "_p2" in name
    return not partition and name != "alembic_version"


def is_comment(difference):
    """Comments stand in the migration alone: they are for people who read the database."""
    kind = difference[0][0] if isinstance(difference, list) else difference[0]
    return kind in {"modify_comment", "remove_table_comment"}


def test_the_schema_equals_the_sum_of_the_migrations(database):
    with database.engine().connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": ours_only,
                "include_object": parents_only,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        differences = [found for found in compare_metadata(context, METADATA) if not is_comment(found)]
        assert differences == []


def test_migrations_go_from_empty_to_head_and_back(new_database):
    engine = new_database("template0").engine()
    upgrade(engine)
    with engine.connect() as connection:
        assert current(connection) == head()
        assert len(inspect(connection).get_table_names(schema=SCHEMA)) == len(METADATA.tables) + 1
    downgrade(engine)
    with engine.connect() as connection:
        assert current(connection) is None
        assert inspect(connection).get_table_names(schema=SCHEMA) == ["alembic_version"]
        functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'blink'::regnamespace"
        assert connection.execute(text(functions)).scalar_one() == 0
    upgrade(engine)
    with engine.connect() as connection:
        require_head(connection)


def test_an_empty_database_is_refused_with_what_to_do(new_database):
    engine = new_database("template0").engine()
    with engine.connect() as connection, pytest.raises(SchemaOutdatedError, match="run `blink db migrate`"):
        require_head(connection)


def test_a_migration_does_not_queue_audits_behind_a_long_reader(database):
    engine = database.engine()
    with engine.begin() as reader:
        reader.execute(text("LOCK TABLE blink.pipeline_runs IN ACCESS SHARE MODE"))
        with pytest.raises(OperationalError) as refused:
            downgrade(engine)
    assert exit_code(refused.value) == 75
    assert message(refused.value).startswith("a lock was not free in time: canceling statement due to lock timeout")
    with engine.connect() as connection:
        assert current(connection) == head()


def test_migrating_twice_changes_nothing(database):
    upgrade(database.engine())
    with database.engine().connect() as connection:
        assert current(connection) == head()
