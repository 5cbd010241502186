"""How a bundle arrives, whatever it comes from."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from credit.bundle.errors import BundleError
from credit.bundle.reader import load_bundle
from credit.model_store.arrival import bring
from credit.model_store.errors import ModelStoreAwayError, ModelStoreError
from tests.unit.credit.model_store.memory_files import MemoryFiles
from tests.unit.credit.model_store.store_contract import bundle, contents, namesake

__all__ = ["bundle", "namesake"]

HEAD = {"manifest.sha256", "manifest.json"}


def test_a_bundle_arrives_whole_under_its_own_id_and_is_proved(bundle, tmp_path):
    arrived = bring(MemoryFiles(contents(bundle)), tmp_path / "models")
    loaded = load_bundle(arrived.path)
    assert arrived.path == tmp_path / "models" / bundle.name
    assert (arrived.model_id, arrived.manifest_sha256, arrived.new) == (bundle.name, loaded.manifest_sha256, True)


def test_of_many_who_bring_one_model_at_once_one_reads_it(bundle, tmp_path):
    files, together = MemoryFiles(contents(bundle)), Barrier(8)

    def bring_it(_: int) -> bool:
        together.wait()
        return bring(files, tmp_path).new

    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(bring_it, range(8)))
    assert sorted(new) == [False] * 7 + [True]
    assert files.times_read == {name: 8 if name in HEAD else 1 for name in contents(bundle)}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".writers.lock", bundle.name]


def test_an_upload_under_way_is_no_model_whatever_is_there_of_it(bundle, tmp_path):
    files = MemoryFiles(contents(bundle))
    del files.contents["manifest.sha256"]
    with pytest.raises(
        ModelStoreError, match=r"no complete model at memory://models/one: manifest\.sha256 is not there"
    ):
        bring(files, tmp_path)
    assert files.read_names == ["manifest.sha256"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["forest.bin", "golden.json", "reference.parquet"])
def test_a_damaged_file_is_named_with_its_place_and_a_repaired_one_arrives(bundle, tmp_path, name):
    files = MemoryFiles(contents(bundle))
    files.contents[name] = b"damaged"
    with pytest.raises(BundleError, match=rf"memory://models/one/{name}: sha256 is .* but the manifest says"):
        bring(files, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".writers.lock"]
    files.contents[name] = (bundle / name).read_bytes()
    assert contents(bring(files, tmp_path).path) == contents(bundle)


def test_a_manifest_that_was_changed_is_not_believed(bundle, tmp_path):
    files = MemoryFiles(contents(bundle))
    files.contents["manifest.json"] = files.contents["manifest.json"].replace(b"0.75", b"0.99")
    with pytest.raises(BundleError, match=r"memory://models/one: manifest\.json and manifest\.sha256 do not belong"):
        bring(files, tmp_path)


def test_a_store_that_goes_away_midway_leaves_nothing(bundle, tmp_path):
    with pytest.raises(ModelStoreAwayError):
        bring(MemoryFiles(contents(bundle), away_at="golden.json"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".writers.lock"]


def test_what_a_killed_download_left_is_removed_by_the_next(bundle, tmp_path):
    (tmp_path / f".unfinished-{bundle.name}-00000000").mkdir()
    (tmp_path / f".{bundle.name}.arriving").touch()
    assert bring(MemoryFiles(contents(bundle)), tmp_path).new
    assert sorted(path.name for path in tmp_path.iterdir()) == [".writers.lock", bundle.name]


def test_a_model_that_is_here_is_compared_and_not_brought_again(bundle, tmp_path):
    bring(MemoryFiles(contents(bundle)), tmp_path)
    again = MemoryFiles(contents(bundle))
    assert not bring(again, tmp_path).new
    assert set(again.read_names) == HEAD


def test_another_bundle_of_an_id_that_is_here_is_refused(bundle, namesake, tmp_path):
    bring(MemoryFiles(contents(bundle)), tmp_path)
    with pytest.raises(ModelStoreError, match=f"{bundle.name}: another bundle has this id already"):
        bring(MemoryFiles(contents(namesake)), tmp_path)
    assert contents(tmp_path / bundle.name) == contents(bundle)


def test_only_the_bundle_that_was_meant_is_brought(bundle, namesake, tmp_path):
    meant = load_bundle(bundle).manifest_sha256
    with pytest.raises(BundleError, match=f"{bundle.name} with a manifest of sha256 .* is there, not {meant}"):
        bring(MemoryFiles(contents(namesake)), tmp_path, sha256=meant)
    assert bring(MemoryFiles(contents(bundle)), tmp_path, sha256=meant.upper()).new


def test_a_folder_that_cannot_take_it_is_named(bundle, tmp_path):
    (tmp_path / "models").touch()
    with pytest.raises(ModelStoreError, match="models cannot take a bundle: File exists; MODEL_DIR names another"):
        bring(MemoryFiles(contents(bundle)), tmp_path / "models")
