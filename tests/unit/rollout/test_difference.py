"""When an object is sent, and when not."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.difference import MANAGER, differs
from rollout.slots import Slot, Traffic
from tests.unit.rollout.release_example import MANIFESTS

WANTED = MANIFESTS.slot(Slot.BLUE, "model_a")


def live(**changed: object) -> dict:
    """The object as the server keeps it: with defaults, a status, quantities rewritten, and our fields marked."""
    found = deepcopy(WANTED)
    found["metadata"] |= {"generation": 3, "uid": "u"}
    found["metadata"]["annotations"]["other"] = "x"
    found["spec"]["predictor"]["model"]["name"] = ""
    found["status"] = {"conditions": []}
    found["spec"]["predictor"] |= changed
    return found


def test_defaults_and_status_of_others_are_no_difference():
    assert not differs(WANTED, live())
    assert differs(WANTED, None)


@pytest.mark.parametrize(
    "changed", [{"minReplicas": 2}, {"serviceAccountName": "other"}, {"securityContext": {}}, {"model": {}}]
)
def test_what_others_changed_of_ours_is_sent_again(changed):
    assert differs(WANTED, live(**changed))


def test_a_list_is_compared_whole():
    route = MANIFESTS.route(Traffic({Slot.BLUE: 100}, Slot.BLUE))
    longer = deepcopy(route)
    longer["spec"]["rules"].append({})
    assert differs(route, longer)
    weighed = deepcopy(route)
    weighed["spec"]["rules"][2]["backendRefs"][0]["weight"] = 1
    assert differs(route, weighed)
    assert not differs(route, deepcopy(route))


@pytest.mark.parametrize(
    ("manager", "operation", "name", "sent"),
    [
        (MANAGER, "Apply", "f:nodeSelector", True),
        (MANAGER, "Apply", "f:minReplicas", False),
        (MANAGER, "Update", "f:nodeSelector", False),
        ("kubectl", "Apply", "f:nodeSelector", False),
    ],
)
def test_what_we_once_wrote_and_do_not_want_any_more_is_sent(manager, operation, name, sent):
    found = live(nodeSelector={"pool": "old"})
    fields = {"f:spec": {"f:predictor": {name: {}, ".": {}}}}
    found["metadata"]["managedFields"] = [{"manager": manager, "operation": operation, "fieldsV1": fields}]
    assert differs(WANTED, found) is sent


@pytest.mark.parametrize(
    ("one", "other"),
    [("1000m", "1"), ("0.5", "500m"), ("1Gi", "1024Mi"), ("33554432", "32Mi"), ("1e3", "1k"), ("2M", "2000k")],
)
def test_the_same_quantity_in_other_words_is_no_difference(one, other):
    assert not differs({"cpu": one}, {"cpu": other})
    assert differs({"cpu": one}, {"cpu": "7"})


OBJECTS = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), OBJECTS))
def test_an_object_does_not_differ_from_itself(found):
    assert not differs(found, found)
