"""Damaged requests: made again by their seed, every kind among them, and one HTTP request each unless they say not."""

import json
from collections import Counter

import h11
import numpy as np
import pytest

from benchmarks.serving.acceptance_models import NAMES, generated_rows
from benchmarks.serving.damage import FRAMES, damaged, kinds_of_damage
from benchmarks.serving.good_requests import good_requests
from benchmarks.serving.http_request import JSON_LENGTH, HttpRequest
from benchmarks.serving.json_damage import JSON_DAMAGE, TOKENS, key_doubled, marked, written
from benchmarks.serving.tensor_damage import TENSOR_DAMAGE, wrong_lengths

GOOD = [good.request for good in good_requests(generated_rows(4, np.random.default_rng(3)))]
SEEDS = [(11, number) for number in range(1200)]


@pytest.fixture(scope="module")
def found():
    return [damaged(seed, GOOD) for seed in SEEDS]


def read_by_h11(sent: bytes) -> h11.Connection:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=200_000)
    connection.receive_data(sent)
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        assert event is not h11.NEED_DATA
    return connection


def test_a_seed_makes_the_same_damage_again(found):
    assert [damaged(seed, GOOD) for seed in SEEDS[:100]] == found[:100]
    assert len({one.sent for one in found}) > 0.95 * len(found)


def test_there_is_some_of_every_kind(found):
    assert set(kinds_of_damage()) == {one.kind for one in found}
    assert len(set(kinds_of_damage())) == len(kinds_of_damage())
    assert 0.5 * FRAMES < sum(not one.framed for one in found) / len(found) < 2 * FRAMES


def test_what_is_called_framed_is_one_request_after_which_the_connection_goes_on(found):
    for one in found:
        if one.framed:
            connection = read_by_h11(one.sent)
            assert connection.trailing_data == (b"", False)
            assert connection.their_state in {h11.DONE, h11.MIGHT_SWITCH_PROTOCOL}


def test_most_damage_changes_the_request(found):
    good = {request.sent for request in GOOD}
    unchanged = Counter(one.kind for one in found if one.sent in good)
    assert sum(unchanged.values()) < 0.02 * len(found)


def test_only_an_answer_to_head_has_no_body(found):
    heads = [one for one in found if one.framed and one.sent.startswith(b"HEAD ")]
    assert heads
    assert all(one.head_only for one in heads)
    assert sum(one.head_only for one in found) == len(heads)


def test_tokens_that_json_has_not_are_written_as_they_stand():
    text = written({"a": [marked(0), marked(2)], "b": "<token>"})
    assert text == b'{"a": [1e999, NaN], "b": "<token>"}'
    assert TOKENS[2] == "NaN"


def test_a_key_is_doubled_in_one_object():
    for seed in range(20):
        pairs = json.loads(key_doubled(np.random.default_rng(seed), b'{"name": 1}'), object_pairs_hook=list)
        assert [name for name, _ in pairs] == ["name", "name"]


def test_damage_of_its_json_keeps_the_truth_of_a_binary_requests_json_length(found):
    behind = set()
    for one in found:
        head, _, body = one.sent.partition(b"\r\n\r\n")
        lengths = [line.partition(b": ")[2] for line in head.split(b"\r\n") if line.startswith(JSON_LENGTH)]
        if lengths and one.kind in {*JSON_DAMAGE, *TENSOR_DAMAGE}:
            behind.add(len(body) - int(lengths[0]))
    assert behind == {8 * len(NAMES), 4 * 8 * len(NAMES)}


@pytest.mark.parametrize("seed", range(12))
def test_lengths_of_a_binary_request_are_wrong(seed):
    request = HttpRequest(b"/", b"{}" + bytes(600), headers=((JSON_LENGTH, b"2"),))
    changed = wrong_lengths(np.random.default_rng(seed), request)
    assert (changed.body, changed.headers) != (request.body, request.headers)


def test_a_chunked_request_carries_its_whole_body():
    sent = HttpRequest(b"/", b"0123456789", headers=(), chunks=(3, 100)).sent
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert sent == head + b"3\r\n012\r\n7\r\n3456789\r\n0\r\n\r\n"
