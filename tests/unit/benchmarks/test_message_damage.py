"""Damaged messages: made again by their seed, every kind among them, and what a field's damage leaves is a message."""

from collections import Counter

import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from benchmarks.serving.acceptance_models import NAMES, PORTFOLIO, generated_rows
from benchmarks.serving.byte_damage import LIMIT
from benchmarks.serving.good_messages import good_messages
from benchmarks.serving.infer_message_damage import INFER_DAMAGE, merged, unknown_fields, very_many_tensors
from benchmarks.serving.message_damage import damaged_message, kinds_of_message_damage

ROWS = generated_rows(4, np.random.default_rng(3))
GOOD = [good.sent for good in good_messages(ROWS)]
SEEDS = [(11, number) for number in range(1500)]


@pytest.fixture(scope="module")
def found():
    return [damaged_message(seed, GOOD) for seed in SEEDS]


def test_a_seed_makes_the_same_damage_again(found):
    assert [damaged_message(seed, GOOD) for seed in SEEDS[:300]] == found[:300]
    assert len({one.sent for one in found}) > 0.9 * len(found)


def test_there_is_some_of_every_kind(found):
    assert set(kinds_of_message_damage()) == {one.kind for one in found}
    assert len(set(kinds_of_message_damage())) == len(kinds_of_message_damage())


def test_a_few_messages_go_to_methods_that_ask_about_a_model(found):
    methods = Counter(one.method for one in found)
    assert methods.keys() == {"ModelInfer", "ModelReady", "ModelMetadata"}
    assert 0.9 < methods["ModelInfer"] / len(found) < 0.99
    assert all((one.kind == f"{one.method} of an odd model") == (one.method != "ModelInfer") for one in found)


def test_most_damage_changes_the_message(found):
    assert sum(one.sent in GOOD for one in found) < 0.03 * len(found)


def test_only_what_is_called_too_large_is_over_the_limit(found):
    assert {one.kind for one in found if len(one.sent) > LIMIT} == {"too large"}


@pytest.mark.parametrize("kind", INFER_DAMAGE)
def test_damage_of_fields_leaves_a_message(kind):
    for number in range(60):
        rng = np.random.default_rng([5, number])
        request = pb.ModelInferRequest.FromString(GOOD[number % len(GOOD)])
        INFER_DAMAGE[kind](rng, request)
        assert pb.ModelInferRequest.FromString(request.SerializeToString()).ByteSize() == request.ByteSize()


@pytest.mark.parametrize("kind", INFER_DAMAGE)
def test_what_has_no_tensor_is_damaged_too(kind):
    for number in range(20):
        INFER_DAMAGE[kind](np.random.default_rng([6, number]), pb.ModelInferRequest())


def test_damage_around_a_message_keeps_it_whole():
    rng = np.random.default_rng(7)
    many = pb.ModelInferRequest.FromString(very_many_tensors(rng, GOOD[0]))
    (first, *others) = many.inputs
    assert first == pb.ModelInferRequest.FromString(GOOD[0]).inputs[0]
    assert others == [pb.ModelInferRequest.InferInputTensor()] * len(others) != []
    assert GOOD[0] in unknown_fields(rng, GOOD[0])
    assert merged(rng, b"a", b"b") in {b"ab", b"ba"}


def test_good_messages_ask_for_their_rows():
    (first, *_, last) = good_messages(ROWS[:2])
    asked = pb.ModelInferRequest.FromString(first.sent)
    assert (asked.model_name, first.rows, first.outputs, first.audits) == (
        PORTFOLIO.name,
        (0,),
        frozenset({"default_probability"}),
        0,
    )
    np.testing.assert_array_equal(asked.inputs[0].contents.fp64_contents, ROWS[0])
    many = pb.ModelInferRequest.FromString(last.sent)
    assert (list(many.inputs[0].shape), last.rows) == ([2, len(NAMES)], (0, 1))
    assert many.raw_input_contents == [ROWS[:2].tobytes()]
