"""Writers that are killed, that collide, and the sweep after them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from credit.bundle.content import BundleContent
from credit.bundle.errors import BundleError
from credit.bundle.publication import sweep_unfinished
from credit.bundle.reader import load_bundle
from credit.bundle.writer import write_bundle
from tests.unit.credit.bundle.content_example import example_content

KILLED_WRITERS = """
import os, signal, sys
from pathlib import Path
from forest import lightgbm_import, reference  # imported once, forked for each writer; LightGBM without pandas
from credit.bundle.writer import write_bundle
from tests.unit.credit.bundle.content_example import example_content

def write_and_die_at(last):
    def announce(step):
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)
    write_bundle(Path(sys.argv[1]) / last, example_content(), announce=announce)

for last in sys.argv[2:]:
    child = os.fork()
    if not child:
        write_and_die_at(last)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""
FILES = (
    *("bins.json", "calibration.json", "forest.bin", "golden.json", "manifest.json", "manifest.sha256"),
    *("model.txt", "reference.parquet", "scorecard.json"),
)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model directories, named after the step at which their writer was killed with SIGKILL."""
    root = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, "-c", KILLED_WRITERS, str(root), *FILES, "published"], check=True)
    return root


@pytest.fixture(scope="module")
def content() -> BundleContent:
    return example_content()


def visible(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))


@pytest.mark.parametrize("step", FILES)
def test_a_killed_writer_leaves_nothing_visible_and_the_sweep_removes_the_rest(
    killed: Path, content: BundleContent, step: str
) -> None:
    model_dir = killed / step
    assert visible(model_dir) == []
    (left,) = sweep_unfinished(model_dir)
    assert left.startswith(".unfinished-model_cash_advance_20260301_040506-")
    assert [path.name for path in model_dir.iterdir()] == [".writers.lock"]
    assert load_bundle(write_bundle(model_dir, content)).model_id == content.model_id


def test_a_writer_killed_after_publishing_leaves_a_whole_bundle(killed: Path, content: BundleContent) -> None:
    assert load_bundle(killed / "published" / content.model_id).model_id == content.model_id
    assert sweep_unfinished(killed / "published") == ()


def test_the_sweep_leaves_a_living_writer_alone(tmp_path: Path, content: BundleContent) -> None:
    swept: list[tuple[str, ...]] = []
    path = write_bundle(tmp_path, content, announce=lambda step: swept.append(sweep_unfinished(tmp_path)))
    assert swept == [()] * 10
    assert load_bundle(path).model_id == content.model_id


def test_a_failing_writer_cleans_up_after_itself(tmp_path: Path, content: BundleContent) -> None:
    def fail(step: str) -> None:
        raise KeyboardInterrupt(step)

    with pytest.raises(KeyboardInterrupt, match=r"model\.txt"):
        write_bundle(tmp_path, content, announce=fail)
    assert [path.name for path in tmp_path.iterdir()] == [".writers.lock"]


def test_the_manifest_s_hash_is_written_last(tmp_path: Path, content: BundleContent) -> None:
    steps: list[str] = []
    write_bundle(tmp_path, content, announce=steps.append)
    assert steps[-3:] == ["manifest.json", "manifest.sha256", "published"]


def test_a_model_id_is_never_reused(tmp_path: Path, content: BundleContent) -> None:
    path = write_bundle(tmp_path, content)
    before = (path / "manifest.json").stat()
    with pytest.raises(BundleError, match=f"model {content.model_id} exists already in .*: .* never reused"):
        write_bundle(tmp_path, content)
    assert (path / "manifest.json").stat() == before


def test_of_two_writers_of_one_id_the_first_wins(tmp_path: Path, content: BundleContent) -> None:
    def overtake(step: str) -> None:
        if step == "manifest.sha256":
            write_bundle(tmp_path, content)

    with pytest.raises(BundleError, match="exists already"):
        write_bundle(tmp_path, content, announce=overtake)
    assert visible(tmp_path) == [content.model_id]
    assert load_bundle(tmp_path / content.model_id).model_id == content.model_id


def test_a_directory_that_is_not_there_needs_no_sweep(tmp_path: Path) -> None:
    assert sweep_unfinished(tmp_path / "absent") == ()
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # the sweep made nothing
