"""The files: the same bytes every time, the committed ones, safe to have their tokens replaced."""

import re
from pathlib import Path

import pytest
import yaml

from workflows import rendering

FILES = Path(__file__).parents[3] / rendering.FOLDER


@pytest.fixture(scope="module")
def files():
    """The rendered files by name; rendering takes longer than looking at what was rendered."""
    return rendering.rendered()


@pytest.fixture(scope="module")
def manifests():
    return {name: definition().to_dict() for name, definition in rendering.DEFINITIONS.items()}


def test_two_renderings_are_the_same_bytes(files):
    assert rendering.rendered() == files


@pytest.mark.parametrize("name", rendering.DEFINITIONS)
def test_the_committed_file_is_what_is_rendered(name, files):
    # Golden: a change of a definition, or of Hera, is read in the difference of this file.
    assert files[name] == (FILES / name).read_text("utf-8")


@pytest.mark.parametrize("name", rendering.DEFINITIONS)
def test_a_file_says_what_the_definition_says(name, files, manifests):
    assert yaml.safe_load(files[name]) == manifests[name]


def test_the_folder_holds_what_is_rendered_and_nothing_else():
    assert sorted(path.name for path in FILES.glob("*-template.yaml")) == ["score-template.yaml", "train-template.yaml"]
    assert sorted(path.name for path in FILES.glob("*-cron.yaml")) == ["score-cron.yaml", "train-cron.yaml"]


@pytest.mark.parametrize("value", ["*/5 * * * *", "2", "on", "no", "1e3", "@daily", "a: b", "#", "~"])
@pytest.mark.parametrize("name", rendering.DEFINITIONS)
def test_whatever_replaces_a_token_stays_text(name, value, files, manifests):
    filled = yaml.safe_load(re.sub(r"__[A-Z_]+?__", value, files[name].removeprefix(rendering.HEADER)))
    meant = [re.sub(r"__[A-Z_]+?__", value, text) for text in texts(manifests[name])]
    assert list(texts(filled)) == meant


def texts(value):
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def test_no_line_is_folded_and_no_anchor_is_used(files):
    for text in files.values():
        assert not re.search(r"^\s*[\w.]+: [&*]", text, re.MULTILINE)
        assert all("{{" not in line or "}}" in line for line in text.splitlines())


def test_files_are_written_and_a_changed_or_missing_one_is_named(tmp_path):
    folder = tmp_path / "new" / "files"
    assert [path.name for path in rendering.write(folder)] == list(rendering.DEFINITIONS)
    assert rendering.out_of_date(folder) == ()
    (folder / "score-cron.yaml").unlink()
    with (folder / "train-cron.yaml").open("a") as file:
        file.write("\n")
    assert rendering.out_of_date(folder) == (folder / "score-cron.yaml", folder / "train-cron.yaml")
