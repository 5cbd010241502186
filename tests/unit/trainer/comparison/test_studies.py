"""Trials: seeded one by one, given up when they fall behind, remembered."""

from trainer.algorithm import Range
from trainer.comparison.candidate import FoldFigures
from trainer.comparison.studies import Studies, passing_studies

SPACE = (Range("depth", 2, 6, whole=True), Range("l2", 0.1, 50.0, log=True))


def figures(auc):
    return FoldFigures(auc, 0.5, 10)


def run(study, *aucs):
    opened = study.begin()
    for auc in aucs:
        if opened.add(figures(auc)):
            return opened.end(pruned=True, seconds=1.0)
    return opened.end(pruned=False, seconds=1.0)


def study_of(studies: Studies, seed=1):
    return studies.study("consumer", "xgboost", SPACE, seed=seed)


def worth(parameters):
    return 0.7 + 0.01 * parameters.get("depth", 0) / 6


def drawn(studies, trials, seed=1):
    """Parameters of trials whose figures follow from them; every trial in a study that was opened anew."""
    found = []
    for _ in range(trials):
        study = study_of(studies, seed)
        opened = study.begin()
        for fold in range(3):
            opened.add(figures(worth(opened.so_far.parameters) + fold / 1000))
        found.append(opened.end(pruned=False, seconds=0.5).parameters)
    return found


def test_the_first_trial_is_of_its_own_settings_and_the_others_lie_in_the_space():
    first, *others = drawn(passing_studies(), 8)
    assert first == {}
    assert all(isinstance(one["depth"], int) and 2 <= one["depth"] <= 6 for one in others)
    assert all(0.1 <= one["l2"] <= 50.0 for one in others)
    assert len({one["l2"] for one in others}) == 7


def test_the_same_seed_gives_the_same_trials_though_one_was_killed():
    whole = drawn(passing_studies(), 7)
    killed = passing_studies()
    before = drawn(killed, 4)
    study_of(killed).begin().add(figures(0.9))
    assert before + drawn(killed, 3) == whole
    assert drawn(passing_studies(), 7, seed=2) != whole


def test_what_has_ended_is_read_back_whole():
    studies = passing_studies()
    kept = [run(study_of(studies), 0.7, 0.71, 0.72), run(study_of(studies), 0.7, 0.72, 0.73)]
    study_of(studies).begin()
    assert list(study_of(studies).ended()) == kept
    assert kept[1].folds == (figures(0.7), figures(0.72), figures(0.73))
    assert (kept[1].number, kept[1].seconds, kept[1].pruned) == (1, 1.0, False)


def test_a_trial_that_falls_behind_is_given_up_after_its_second_fold():
    studies = passing_studies()
    for auc in (0.70, 0.71, 0.72):
        run(study_of(studies), auc, auc, auc)
    behind, ahead = run(study_of(studies), 0.6, 0.6, 0.6), run(study_of(studies), 0.73, 0.73, 0.73)
    assert (behind.pruned, behind.aucs) == (True, (0.6, 0.6))
    assert (ahead.pruned, ahead.aucs) == (False, (0.73, 0.73, 0.73))
    assert study_of(studies).ended()[3:] == (behind, ahead)


def test_a_trial_that_is_given_up_without_a_result_is_forgotten():
    study = study_of(passing_studies())
    study.begin().give_up()
    assert study.ended() == ()
