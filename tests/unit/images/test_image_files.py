"""The images' locks and lists, held against the whole lock and the source."""

import re
from pathlib import Path

import pytest

from tests.unit.predictor.only_locked import listed, locked_names

ROOT = Path(__file__).parents[3]
TARGETS = ("predictor", "jobs")
ROOMS = ("blink", "credit", "drift", "forest", "predictor", "rollout", "trainer", "workflows")


def entries(lock: Path) -> dict[str, frozenset[str]]:
    """Hashes of each `name==version` of a lock."""
    found = re.findall(r"^([^\s#]+==[^\s;\\]+)[^\\\n]*((?:\\\n\s+--hash=\S+\s*)+)", lock.read_text(), re.MULTILINE)
    return {pinned: frozenset(re.findall(r"sha256:[0-9a-f]{64}", hashes)) for pinned, hashes in found}


@pytest.mark.parametrize("target", TARGETS)
def test_an_images_lock_is_a_part_of_the_whole_lock(target):
    whole, part = entries(ROOT / "requirements.lock"), entries(ROOT / f"requirements.{target}.lock")
    assert len(part) == len(locked_names(ROOT / f"requirements.{target}.lock")) > 40
    assert {pinned: hashes for pinned, hashes in part.items() if whole.get(pinned) != hashes} == {}


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_left_out_of_a_lock_is_not_in_it(target):
    left_out = set(listed(ROOT / ".docker" / f"{target}.left-out"))
    assert left_out & locked_names(ROOT / f"requirements.{target}.lock") == set()
    assert left_out <= locked_names(ROOT / "requirements.lock")


def test_jobs_come_without_the_model_server_and_without_workflow_definitions():
    assert locked_names(ROOT / "requirements.jobs.lock") & {"kserve", "grpcio", "hera", "pandas"} == set()


def test_every_room_can_reach_an_image():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY ([a-z]+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert set(ROOMS) == {line[1:] for line in ignored if line[1:] in ROOMS} == set(copied)
