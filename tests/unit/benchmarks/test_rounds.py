"""Rounds are interleaved, and the first is not counted."""

import gc

from benchmarks.rounds import Clocks, Durations, interleaved, orders


def test_the_order_turns_by_one_place_a_round():
    assert list(orders(["a", "b", "c"], 4)) == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]


def test_each_is_measured_once_a_round_after_a_round_that_is_not_counted():
    ran = []
    time = {"now": 0.0}

    def work(name, seconds):
        def run():
            ran.append(name)
            time["now"] += seconds

        return run

    clocks = Clocks(cpu=lambda: time["now"] / 2, wall=lambda: time["now"])
    found = interleaved({"fast": work("fast", 1.0), "slow": work("slow", 4.0)}, rounds=3, clocks=clocks)
    assert ran == ["fast", "slow", "fast", "slow", "slow", "fast", "fast", "slow"]
    assert found == {
        "fast": Durations(cpu=[0.5, 0.5, 0.5], wall=[1.0, 1.0, 1.0]),
        "slow": Durations(cpu=[2.0, 2.0, 2.0], wall=[4.0, 4.0, 4.0]),
    }


def test_no_collection_runs_meanwhile_and_it_is_on_again_afterwards():
    states = []
    interleaved({"one": lambda: states.append(gc.isenabled())}, rounds=2)
    assert (states, gc.isenabled()) == ([False, False, False], True)
