"""Trials with figures that a test states."""

from trainer.comparison.candidate import FoldFigures, Trial


def trial(algorithm, *aucs, number=0, pruned=False):
    figures = tuple(FoldFigures(auc, 0.5, None) for auc in aucs)
    parameters = {"l2": float(number)} if number else {}
    return Trial(algorithm, number, parameters, figures, pruned=pruned)
