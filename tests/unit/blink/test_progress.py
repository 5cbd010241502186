"""Plain progress lines: the first and the last at once, in between not too often."""

from io import StringIO

from blink.progress import progress


def test_plain_lines_are_rate_limited_but_the_end_is_always_told():
    stream = StringIO()
    times = iter([0.0, 1.0, 6.0, 6.5])
    with progress(stream, lambda: next(times)) as report:
        report("scoring", 0, 4000)
        report("scoring", 1000, 4000)
        report("scoring", 2000, 4000)
        report("scoring", 4000, 4000)
    assert stream.getvalue().splitlines() == [
        "scoring: 0 of 4,000",
        "scoring: 2,000 of 4,000",
        "scoring: 4,000 of 4,000",
    ]


def test_an_unknown_total_is_not_invented():
    stream = StringIO()
    with progress(stream, lambda: 0.0) as report:
        report("reading", 7, None)
    assert stream.getvalue() == "reading: 7\n"


def test_what_is_done_at_one_go_has_no_count():
    stream = StringIO()
    with progress(stream, lambda: 0.0) as report:
        report("model fitted", 1, 1)
    assert stream.getvalue() == "model fitted\n"
