"""`blink control` and the rollout's commands on one machine, as processes with an embedded database."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.postgres.control.served import until

BLINK = [sys.executable, "-m", "blink"]


def blink(home, *arguments: str) -> dict:
    command = [*BLINK, *arguments, "--json", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return json.loads(done.stdout) | {"code": done.returncode}


@contextmanager
def control(home):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [*BLINK, "control", "--home", str(home)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            line = next(line for line in process.stderr if line.startswith("control API on "))
            yield process, line.split()[-1]
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.stderr.read()
            process.wait(60)


def test_a_training_is_a_process_whose_end_is_known(tmp_path):
    token = blink(tmp_path, "control-token", "anna")["token"]
    with control(tmp_path) as (process, url):
        client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        asked = client.post("/api/pipeline/trigger/train_model", json={"batch_id": "B1", "portfolio": "cash_advance"})
        assert (asked.status_code, asked.json()["requested_by"]) == (202, "anna")
        run = f"/api/pipeline/runs/{asked.json()['run_id']}"
        # There is no data at all: the process says so, and the run ends.
        until(lambda: client.get(run).json()["finished_at"], 120)
        ended = client.get(run).json()
        assert ended["state"] in {"failed", "refused"}
        assert ended["outcome"]["error"]
        assert Path(ended["watch"]["log"]).read_text().strip()
        client.close()
        # The database that runs already serves these commands too: the last one starts its own.
        waited = blink(tmp_path, "rollout", "wait", "--run-id", asked.json()["run_id"], "--timeout", "5")
        assert waited["code"] in {0, 1}
        status = blink(tmp_path, "rollout", "status", "cash_advance")
        assert status == {"portfolio": "cash_advance", "champion": None, "slots": [], "pending": [], "code": 0}
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert blink(tmp_path, "rollout", "apply") == {"portfolios": [], "code": 0}
