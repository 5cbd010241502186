"""Names of requests that come from clients, or are made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.trace_context import RequestNames, follow, traceparent_of

HEX = st.text("0123456789abcdef", min_size=16, max_size=16).filter(lambda text: set(text) != {"0"})
GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # the example of the specification


def names() -> RequestNames:
    return RequestNames(token=lambda size: "ab" * size)


@pytest.mark.parametrize("given", [b"7f3a", b"0" * 128, b"a/b:c=!~"])
def test_a_clients_id_is_kept(given):
    assert names().id_of({b"x-request-id": given}) == given.decode()


@pytest.mark.parametrize("given", [b"", b"0" * 129, b"a b", b"a\tb", "é".encode(), b"a\x7f"])
def test_an_id_that_does_not_fit_a_log_line_is_replaced(given):
    assert names().id_of({b"x-request-id": given}) == "abababababababab0000000000000000"


def test_made_ids_differ_and_have_one_form():
    made = [maker.id_of({}) for maker in (RequestNames(), RequestNames()) for _ in range(100)]
    assert len(set(made)) == 200
    assert {len(one) for one in made} == {32}


@pytest.mark.parametrize("later", ["00", "01", "fe"])
def test_a_valid_traceparent_is_read_in_version_00(later):
    rest = "-what-comes-later" if later != "00" else ""
    assert traceparent_of({b"traceparent": f"{later}{GIVEN[2:]}{rest}".encode()}) == GIVEN


@pytest.mark.parametrize(
    "given",
    [
        "",
        GIVEN.upper(),
        GIVEN[:-1],
        GIVEN + "0",
        GIVEN + "-00",
        "ff" + GIVEN[2:],
        "01" + GIVEN[2:] + "x",
        GIVEN.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        GIVEN.replace("b7ad6b7169203331", "0" * 16),
    ],
)
def test_an_invalid_traceparent_is_none(given):
    assert traceparent_of({b"traceparent": given.encode()}) is None


@given(HEX)
def test_what_follows_is_in_the_same_trace(span):
    followed = follow(GIVEN, span)
    assert traceparent_of({b"traceparent": followed.encode()}) == followed
    assert (followed[:36], followed[36:52], followed[52:]) == (GIVEN[:36], span, GIVEN[52:])


@given(HEX)
def test_made_span_ids_are_valid(token):
    maker = RequestNames(token=lambda _size: token)
    spans = [maker.new_span_id() for _ in range(3)]
    assert len(set(spans)) == 3
    assert all(len(span) == 16 and set(span) != {"0"} for span in spans)
