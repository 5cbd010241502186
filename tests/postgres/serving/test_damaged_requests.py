"""Damaged requests among good ones on a server that audits; `make acceptance` does the same for minutes."""

import numpy as np

from benchmarks.serving.acceptance_models import generated_rows
from benchmarks.serving.fuzz import FuzzWish, fuzz
from benchmarks.serving.good_requests import good_requests
from benchmarks.serving.ledger_figures import absent_audits
from credit.scores import score_rows

ROWS = generated_rows(4, np.random.default_rng(6))


def test_damaged_requests_are_refused_on_connections_that_go_on_and_good_ones_get_their_scores(served):
    listening = served.server.listening
    good, scored = good_requests(ROWS), score_rows(served.first, ROWS)
    wish = FuzzWish(listening.host, listening.http_port, seed=8, seconds=2.0, good=good, scored=scored)
    found = fuzz(wish, lambda _: None)
    assert [(one.kind, one.why, one.seed) for one in found.failures] == []
    assert found.damaged > 20
    assert sum(found.good.values()) > 20
    assert absent_audits(served.engine, found.audits) == 0
    assert found.audits
