"""Who is let in, and who is not."""

import os

import pytest

from blink.commands import control as command
from blink.control.tokens import Tokens, is_name, new_token, token_hash
from blink.outcome import WrongCallError


def test_a_token_is_its_owners_alone(tmp_path):
    anna, bert = new_token(), new_token()
    assert anna != bert
    (tmp_path / "anna").write_text(token_hash(anna))
    (tmp_path / "bert").write_text(f"  {token_hash(bert).upper()}\n")
    tokens = Tokens(tmp_path)
    assert [tokens.person(token) for token in (anna, bert, new_token(), "", token_hash(anna))] == [
        "anna", "bert", None, None, None,
    ]  # fmt: skip


def test_without_a_directory_there_is_nobody_until_there_is_one(tmp_path):
    tokens = Tokens(tmp_path / "tokens")
    assert tokens.person("t") is None
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "anna").write_text(token_hash("t"))
    assert tokens.person("t") == "anna"
    (tmp_path / "tokens" / "anna").unlink()
    assert tokens.person("t") is None


def test_a_secret_that_kubernetes_swaps_is_read_again(tmp_path):
    for version, token in (("..1", "old"), ("..2", "new")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "anna").write_text(token_hash(token))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "anna").symlink_to("..data/anna")
    tokens = Tokens(tmp_path)
    assert (tokens.person("old"), tokens.person("new")) == ("anna", None)
    (tmp_path / "..swap").symlink_to("..2")
    os.replace(tmp_path / "..swap", tmp_path / "..data")  # noqa: PTH105 - as Kubernetes does it
    assert (tokens.person("old"), tokens.person("new")) == (None, "anna")


@pytest.mark.parametrize("content", ["", "t", "0" * 63, token_hash("t") + "0", "\x00\xff"])
def test_a_file_without_a_hash_lets_nobody_in_and_is_named(tmp_path, content, caplog):
    (tmp_path / "anna").write_text(content)
    assert Tokens(tmp_path).person("t") is None
    assert f"{tmp_path / 'anna'} holds no sha256" in caplog.text


@pytest.mark.parametrize(("name", "good"), [("anna", True), ("a.b-c_9", True), ("..data", False), ("a/b", False)])
def test_a_name_becomes_a_file(name, good):
    assert is_name(name) is good


def test_the_command_shows_a_token_once_and_stores_its_hash(tmp_path):
    class Arguments:
        home, name = tmp_path, "anna"

    outcome = command.control_token(Arguments)
    token = outcome.facts["token"]
    stored = tmp_path / "tokens" / "anna"
    assert stored.read_text().strip() == outcome.facts["sha256"] == token_hash(token)
    assert stored.stat().st_mode & 0o777 == 0o600
    assert token not in stored.read_text()
    assert Tokens(tmp_path / "tokens").person(token) == "anna"
    assert command.control_token(Arguments).facts["token"] != token
    assert Tokens(tmp_path / "tokens").person(token) is None


def test_a_name_that_is_no_file_is_refused(tmp_path):
    class Arguments:
        home, name = tmp_path, "../anna"

    with pytest.raises(WrongCallError, match="letters, digits"):
        command.control_token(Arguments)
