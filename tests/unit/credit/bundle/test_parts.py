"""Calibration, bins, golden rows and model ids by themselves."""

import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from credit.bundle.bins import Bins, bins_from_bytes, bins_of, bins_to_bytes
from credit.bundle.calibration import (
    Calibration,
    ProbabilityCalibration,
    calibration_from_bytes,
    calibration_to_bytes,
)
from credit.bundle.errors import BundleError
from credit.bundle.golden import Golden, golden_from_bytes, golden_to_bytes
from credit.bundle.model_id import checked_model_id, model_id_of
from credit.portfolios import FeatureKind
from forest.engine import Floats

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
any_float = st.floats(allow_nan=True, allow_infinity=True)
calibrations = st.builds(Calibration, a=st.floats(0.01, 10), b=st.floats(-10, 10))
clipped = st.builds(
    ProbabilityCalibration,
    a=st.floats(0.01, 10),
    b=st.floats(-1, 1),
    lowest=st.floats(1e-9, 0.1),
    highest=st.floats(0.5, 1 - 1e-9),
)


@given(calibrations, arrays.arrays(np.float64, 7, elements=st.floats(-20, 20)))
def test_contributions_and_base_add_up_to_the_calibrated_log_odds(calibration: Calibration, numbers: Floats) -> None:
    phi, base = calibration.contributions(numbers[None, 1:], numbers[:1])
    margin = np.array([numbers.sum()])
    np.testing.assert_allclose(base + phi.sum(axis=1), calibration.log_odds(margin), rtol=0, atol=1e-9)


@given(calibrations, st.floats(-600, 30))
def test_the_probability_s_logit_is_the_calibrated_log_odds(calibration: Calibration, margin: float) -> None:
    log_odds = float(calibration.log_odds(np.array([margin]))[0])
    assume(-700 < log_odds < 12)
    probability = float(calibration.probability(np.array([margin]))[0])
    assert np.log(probability) - np.log1p(-probability) == pytest.approx(log_odds, abs=1e-9)


@given(calibrations, st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_higher_margin_never_has_a_lower_probability(calibration: Calibration, one: float, other: float) -> None:
    low, high = calibration.probability(np.array(sorted([one, other])))
    assert 0 <= low <= high <= 1


def test_probabilities_at_extreme_margins() -> None:
    margins = np.array([-np.inf, -1e308, -745.0, -50.0, 0.0, 50.0, 1e308, np.inf])
    expected = [0.0, 0.0, 5e-324, 1.9287498479639178e-22, 0.5, 1.0, 1.0, 1.0]
    assert Calibration(a=1.0, b=0.0).probability(margins).tolist() == expected


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.0), (-1.0, 0.0), (np.nan, 0.0), (np.inf, 0.0), (1.0, np.nan)])
def test_a_calibration_that_turns_or_loses_the_order_is_refused(a: float, b: float) -> None:
    with pytest.raises(BundleError, match=r"calibration\.json: a must be above 0 and both finite"):
        Calibration(a=a, b=b)


@given(clipped, st.floats(-5, 5), st.floats(-5, 5))
def test_a_clipped_probability_keeps_the_order_and_has_its_log_odds(
    calibration: ProbabilityCalibration, one: float, other: float
) -> None:
    margins = np.array(sorted([one, other]))
    low, high = calibration.probability(margins)
    assert calibration.lowest <= low <= high <= calibration.highest
    np.testing.assert_allclose(calibration.log_odds(margins), np.log([low / (1 - low), high / (1 - high)]), atol=1e-6)


def test_a_clipped_probability_is_the_line_between_its_bounds() -> None:
    calibration = ProbabilityCalibration(a=2.0, b=-0.25, lowest=0.01, highest=0.99)
    margins = np.array([-np.inf, 0.0, 0.125, 0.25, 0.5, 1.0, np.inf])
    assert calibration.probability(margins).tolist() == [0.01, 0.01, 0.01, 0.25, 0.75, 0.99, 0.99]
    phi, base = calibration.contributions(np.array([[0.125, 0.25]]), np.array([0.5]))
    assert (phi.tolist(), base.tolist(), calibration.scale) == ([[0.25, 0.5]], [0.75], "probability")


@pytest.mark.parametrize(("lowest", "highest"), [(0.0, 0.9), (0.5, 0.5), (0.1, 1.0), (np.nan, 0.9), (-0.1, 0.9)])
def test_a_clip_that_is_not_inside_0_and_1_is_refused(lowest: float, highest: float) -> None:
    with pytest.raises(BundleError, match=r"calibration\.json: 0 < lowest < highest < 1 is needed"):
        ProbabilityCalibration(a=1.0, b=0.0, lowest=lowest, highest=highest)
    with pytest.raises(BundleError, match=r"calibration\.json: a must be above 0"):
        ProbabilityCalibration(a=0.0, b=0.0, lowest=0.1, highest=0.9)


@given(calibrations | clipped)
def test_a_calibration_survives_its_file(calibration: Calibration) -> None:
    assert calibration_from_bytes(calibration_to_bytes(calibration)) == calibration


@pytest.mark.parametrize("content", [b"{}", b'{"a": 1}', b'{"a": "1", "b": 0}', b'{"a": 1, "b": 0, "c": 0}'])
def test_a_calibration_file_with_other_fields_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match=r"calibration\.json: must hold the numbers a and b"):
        calibration_from_bytes(content)


def test_a_calibration_s_file_names_its_scale_where_it_is_no_log_odds() -> None:
    assert calibration_to_bytes(Calibration(1.5, 0.5)) == b'{\n "a": 1.5,\n "b": 0.5\n}\n'
    assert json.loads(calibration_to_bytes(ProbabilityCalibration(1.5, 0.5, 0.25, 0.75))) == {
        "a": 1.5,
        "b": 0.5,
        "scale": "probability",
        "lowest": 0.25,
        "highest": 0.75,
    }
    with pytest.raises(BundleError, match="scale 'odds'; this version reads log_odds_default and probability"):
        calibration_from_bytes(b'{"a": 1, "b": 0, "scale": "odds"}')
    with pytest.raises(BundleError, match="must hold the numbers a and b and lowest and highest"):
        calibration_from_bytes(b'{"a": 1, "b": 0, "scale": "probability"}')


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": NaN}', b"\xff"])
def test_a_file_that_is_no_strict_json_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match=r"^calibration\.json: (not valid JSON|must hold a JSON object)"):
        calibration_from_bytes(content)


def test_deciles_of_a_hundred_numbers() -> None:
    values = np.concatenate([np.arange(1.0, 101.0), [np.nan, np.nan]])
    expected = Bins(
        kind=FeatureKind.NUMERIC,
        edges=tuple(range(10, 100, 10)),
        counts=(10,) * 10 + (2, 0),
    )
    assert bins_of(values, FeatureKind.NUMERIC) == expected
    assert expected.assign(np.array([-5.0, 10.0, 10.5, 1e9, np.nan, np.inf, -np.inf])).tolist() == [
        *(0, 0, 1, 9),
        *(10, 11, 11),
    ]


def test_categories_that_training_did_not_have_are_unseen() -> None:
    bins = bins_of(np.array([3.0, 1.0, 3.0, np.nan]), FeatureKind.CATEGORICAL)
    assert bins == Bins(kind=FeatureKind.CATEGORICAL, edges=(1.0, 3.0), counts=(1, 2, 1, 0))
    assert bins.assign(np.array([1.0, 2.0, 3.0, 4.0, np.nan, np.inf])).tolist() == [0, 3, 1, 3, 2, 3]


@pytest.mark.parametrize("kind", list(FeatureKind))
@given(arrays.arrays(np.float64, st.integers(0, 40), elements=any_float))
def test_every_value_falls_into_one_bin_and_no_own_bin_is_empty(kind: FeatureKind, values: Floats) -> None:
    bins = bins_of(values, kind)
    assert sum(bins.counts) == len(values)
    assert len(bins.counts) == bins.size
    assert bins.counts[-2] == np.isnan(values).sum()
    assert bins.counts[-1] == np.isinf(values).sum()
    if np.isfinite(values).any():
        assert min(bins.counts[:-2]) > 0
    assert bins_from_bytes(bins_to_bytes({"x": bins})) == {"x": bins}


@given(arrays.arrays(np.float64, (3, 2), elements=any_float))
def test_golden_rows_survive_their_file_in_every_bit(rows: Floats) -> None:
    golden = Golden(rows=rows, margins=np.arange(3.0) / 3, contributions=np.arange(9.0).reshape(3, 3) / 7)
    content = golden_to_bytes(golden)
    read = golden_from_bytes(content, width=2)
    assert golden_to_bytes(read) == content
    np.testing.assert_array_equal(read.rows, rows)
    np.testing.assert_array_equal(np.signbit(read.rows[~np.isnan(rows)]), np.signbit(rows[~np.isnan(rows)]))


def test_golden_rows_of_another_width_are_refused() -> None:
    content = golden_to_bytes(Golden(np.zeros((1, 2)), np.zeros(1), np.zeros((1, 3))))
    with pytest.raises(BundleError, match=r"golden\.json: a field is missing or has a wrong shape"):
        golden_from_bytes(content, width=4)


def test_a_model_id_has_its_name_and_its_time_in_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert model_id_of("BATCH_001", NOON.astimezone(east)) == "model_BATCH_001_20260301_120000"
    assert checked_model_id("model_BATCH_001_20260301_120000") == "model_BATCH_001_20260301_120000"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a b", "a.b", "_a", "-a", "ä", "a\n", "x" * 81])
def test_a_name_that_cannot_be_a_path_is_refused(name: str) -> None:
    with pytest.raises(BundleError, match="a model id takes letters, digits, _ and -"):
        model_id_of(name, NOON)


@pytest.mark.parametrize(
    "text", ["", "model_a", "model_a_20260301", "x_a_20260301_120000", "../model_a_20260301_120000"]
)
def test_a_text_that_is_no_model_id_is_refused(text: str) -> None:
    with pytest.raises(BundleError, match="must be model_<name>_<YYYYmmdd_HHMMSS>"):
        checked_model_id(text)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BundleError, match="needs a time with its zone"):
        model_id_of("a", NOON.replace(tzinfo=None))
