"""`blink up`, `train` and `score`, killed with SIGKILL at points one after the other: the next run goes on.

Each point is a condition: a line that the command says, or a folder that appears.
"""

import json
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy import text

from blink.database import open_database
from blink.settings import Settings
from credit.bundle.reader import load_bundle
from tests.postgres.servers import fast_folder

PAUSE = Event()
UP = ("up", "--users", "600", "--months", "9")
SIZE = 600

POINTS = [
    (UP, "a folder: postgresql.unfinished"),
    (UP, "generating a small portfolio"),
    (UP, "users simulated and loaded: 500 of 600"),
    (UP, "training the first model"),
    (UP, "features as of advance requests"),
    (("train", "cash_advance", "--deploy"), "model fitted"),
    (("train", "cash_advance", "--deploy"), "bundle published"),
    (UP, "scoring every user with new data"),
    (("score", "cash_advance"), "score cash_advance: 0 of 600"),
    (UP, "ready; try"),
]
FOUR = [POINTS[2], POINTS[4], POINTS[6], POINTS[7]]
"""While each of the kinds of row is half there: facts, a training, a bundle that nobody has registered, scores."""


@pytest.fixture
def home():
    path = fast_folder()
    yield path
    shutil.rmtree(path)


@contextmanager
def started(home, arguments):
    command = [sys.executable, "-m", "blink", *arguments, "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(process, home, point):
    if point.startswith("a folder: "):
        folder = home / point.removeprefix("a folder: ")
        while not folder.exists():
            assert process.poll() is None
            PAUSE.wait(0.001)
        return
    said = []
    for line in process.stderr:
        said.append(line)
        if point in line:
            return
    pytest.fail(f"{point!r} was never said: {''.join(said)}")


def kill_at(home, arguments, point):
    with started(home, arguments) as process:
        wait_for(process, home, point)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL


def finished(home, *arguments):
    command = [sys.executable, "-m", "blink", *arguments, "--json", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def rows(database, statement):
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


@pytest.mark.parametrize("points", [FOUR, pytest.param(POINTS, marks=pytest.mark.acceptance)], ids=["four", "all ten"])
def test_kills_lose_nothing_and_double_nothing(home, points):
    for arguments, point in points:
        kill_at(home, arguments, point)
    answer = finished(home, *UP, "--once")["answer"]
    settings = Settings(home, None, home / "models", promote_to_prod=True)
    # One server for all that is asked: each user that is the only one starts it and stops it.
    with open_database(settings, "blink_reader") as database:
        assert rows(database, "SELECT count(DISTINCT subject_id), max(version) > 1 FROM blink.accounts") == [
            (SIZE, False)
        ]
        per_subject = """
            SELECT count(*), min(n), max(n) FROM (
                SELECT subject_id, model_id, count(*) AS n FROM blink.risk_score_audits
                WHERE origin = 'batch' GROUP BY subject_id, model_id) AS counted
        """
        assert rows(database, per_subject) == [(SIZE, 1, 1)]
        assert rows(database, "SELECT count(*) FROM blink.latest_scores WHERE model_id <> ''")[0][0] >= SIZE
        online = "SELECT count(*) FROM blink.risk_score_audits WHERE origin = 'online'"
        assert rows(database, online) == [(1,)]
        assert rows(database, "SELECT count(*) FROM blink.pipeline_runs WHERE state = 'running'") == [(0,)]

        champions = rows(database, "SELECT model_id FROM blink.blink_models WHERE status = 'champion'")
        assert champions == [(answer["model_id"],)]
        published = {path.name for path in settings.model_dir.iterdir() if not path.name.startswith(".")}
        assert {load_bundle(settings.model_dir / name).model_id for name in published} == published
        registered = {name for (name,) in rows(database, "SELECT model_id FROM blink.blink_models")}
        assert registered <= published
        assert finished(home, "audit", "verify")["batches"].keys() >= {"batch/cash_advance/0"}
