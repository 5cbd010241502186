"""The scoring workflow: triggered by hand, killed in mid-run, never losing or doubling a score."""

from tests.cluster.kube import Namespace, until
from tests.cluster.postgres import Database
from tests.cluster.workflow_runs import outputs, suspended_crons, workflow

AUDITS = "blink.risk_score_audits"
SUBJECTS = "(SELECT DISTINCT subject_id FROM blink.accounts) AS subjects"


def new_fact(database: Database) -> None:
    """A new version of every account, so that every subject has something new to be scored on."""
    database.ask(
        "INSERT INTO blink.accounts (portfolio, provider_id, version, subject_id, currency, timezone, opened_at,"
        " ingested_at)"
        " SELECT portfolio, provider_id, max(version) + 1, subject_id, currency, timezone, min(opened_at), now()"
        " FROM blink.accounts GROUP BY portfolio, provider_id, subject_id, currency, timezone"
    )


def test_a_shard_that_is_killed_in_mid_run_loses_and_doubles_nothing(release: Namespace, database: Database):
    suspended_crons(release)
    new_fact(database)
    with database.nobody_writes("blink.audit_batches"):
        name = release.create(workflow("blink-score", portfolio="cash_advance", shards="2"))
        database.until_waiting("blink.audit_batches", 2)
        shards = release.running_pods(f"workflows.argoproj.io/workflow={name}")
        assert len(shards) == 2
        release.delete_pod(shards[0])
        until(lambda: shards[0] not in release.names("pods"), "the shard's pod is gone", seconds=60)
    done = release.finished_workflow(name)
    run = outputs(done, "plan")["run-id"]
    scored = database.ask(f"SELECT count(*), count(DISTINCT subject_id) FROM {AUDITS} WHERE run_id = '{run}'")
    subjects = database.count(SUBJECTS)
    assert scored == f"{subjects}|{subjects}"
    state = database.ask(f"SELECT state, workflow, outcome->>'scored' FROM blink.pipeline_runs WHERE run_id = '{run}'")
    assert state == f"succeeded|{name}|{subjects}"


def test_without_new_data_nothing_is_written(release: Namespace, database: Database):
    suspended_crons(release)
    release.finished_workflow(release.create(workflow("blink-score", portfolio="cash_advance")))
    before = database.count(AUDITS)
    name = release.create(workflow("blink-score", portfolio="cash_advance"))
    done = release.finished_workflow(name)
    assert outputs(done, "plan")["state"] == "nothing_new"
    assert database.count(AUDITS) == before
    steps = {node["displayName"]: node["phase"] for node in done["status"]["nodes"].values()}
    assert steps["finish"] in {"Skipped", "Omitted"}


def test_a_workflow_that_fails_is_recorded(release: Namespace, database: Database):
    name = release.create(workflow("blink-score", portfolio="no_such_portfolio"))
    ended = {"Succeeded", "Failed", "Error"}
    until(lambda: release.workflow_phase(name) in ended, f"workflow {name} ends", seconds=120)
    assert release.workflow_phase(name) == "Failed"
    pods = release.names("pods", f"workflows.argoproj.io/workflow={name}")
    tried = [node for node in release.get("workflow", name)["status"]["nodes"].values() if node["type"] == "Pod"]
    assert len([node for node in tried if node["displayName"].startswith("plan")]) == 1, pods


def test_the_ledger_verifies_in_the_cluster(release: Namespace, database: Database):
    pod = release.running_pods("app.kubernetes.io/component=control")[0]
    told = release.kubectl("exec", pod, "--", "blink", "audit", "verify")
    assert "every hash and root is right" in told
