"""The embedded server: what it holds survives, it is shared, and a killed user leaves nothing to repair."""

import shutil
import signal
import subprocess
import sys

import pytest
from sqlalchemy import text

from blink.embedded import EmbeddedServer, EmbeddedServerError, wheel_binaries
from credit.database.connection import connect
from tests.postgres.servers import fast_folder

HOLD = """
import sys
from pathlib import Path
from blink.embedded import EmbeddedServer, wheel_binaries
with EmbeddedServer(Path(sys.argv[1]), wheel_binaries()).running():
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def server():
    home = fast_folder()
    yield EmbeddedServer(home, wheel_binaries(), ("fsync=off",))
    shutil.rmtree(home)


def execute(url, statement):
    engine = connect(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def is_running(server):
    return (server.cluster / "postmaster.pid").exists()


def holding(server):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(server.home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "ready\n"
    return holder


def end(holder):
    holder.stdin.close()
    holder.stdout.close()
    return holder.wait()


def test_data_survives_a_restart_and_nobody_listens_on_tcp(server):
    with server.running() as url:
        execute(url, "CREATE TABLE kept AS SELECT 7 AS n")
        assert execute(url, "SHOW listen_addresses") == [("",)]
    assert not is_running(server)
    with server.running() as url:
        assert execute(url, "SELECT n FROM kept") == [(7,)]


def test_the_last_user_stops_the_server(server):
    holder = holding(server)
    with server.running() as url:
        assert end(holder) == 0
        assert execute(url, "SELECT 1") == [(1,)]
    assert not is_running(server)


def test_the_server_of_a_killed_user_is_taken_over(server):
    holder = holding(server)
    holder.send_signal(signal.SIGKILL)
    assert end(holder) == -signal.SIGKILL
    assert is_running(server)
    with server.running() as url:
        assert execute(url, "SELECT 1") == [(1,)]
    assert not is_running(server)


def test_a_killed_server_is_started_again(server):
    with server.running() as url:
        execute(url, "CREATE TABLE kept AS SELECT 7 AS n")
        execute(url, "CHECKPOINT")
        postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
        subprocess.run(["kill", "-KILL", str(postmaster)], check=True)
        with server.running() as again:
            assert execute(again, "SELECT n FROM kept") == [(7,)]


def test_half_made_files_of_a_killed_first_start_are_made_anew(server):
    half = server.home / "postgresql.unfinished"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with server.running() as url:
        assert execute(url, "SELECT 1") == [(1,)]
    assert not half.exists()


def test_a_home_that_cannot_be_made_is_named(server):
    file = server.home / "file"
    file.write_text("")
    refused = pytest.raises(EmbeddedServerError, match=r"cannot make .*file/home: Not a directory.*or BLINK_HOME")
    with refused, EmbeddedServer(file / "home", wheel_binaries()).running():
        pass
