"""Evidence for the promotion rule: challenger against champion on the same rows."""

import numpy as np

from credit.promotion import Bound, PairedEvidence
from trainer.arrays import Floats, Indices, Outcomes
from trainer.bootstrap import REPLICATES, draw_weights, interval
from trainer.evaluation import log_losses
from trainer.ranking import cumulate, rank, roc_auc


def paired_evidence(
    y: Outcomes,
    *,
    challenger: Floats,
    champion: Floats,
    users: Indices,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
) -> PairedEvidence | None:
    """Differences of AUC (new - old) and of log loss (old - new), positive where the challenger is better.

    `challenger` and `champion` are calibrated log-odds `[n]` on rows that neither was fitted on. Both are judged
    on the same draws of users, which removes what they share. None where the rows have one class only.
    """
    if not 0 < int(y.sum()) < len(y):
        return None
    rankings = rank(challenger, y), rank(champion, y)
    gains = log_losses(y, champion) - log_losses(y, challenger)

    def differences(weights: Floats) -> Floats:
        new, old = (roc_auc(cumulate(ranking, weights)) for ranking in rankings)
        return np.column_stack([new - old, weights @ gains / weights.sum(axis=1)])

    estimate = differences(np.ones((1, len(y))))[0]
    drawn = np.concatenate([differences(weights) for weights in draw_weights(users, rng, replicates)])
    auc, log_loss = (_bound(e, r) for e, r in zip(estimate, drawn.T, strict=True))
    return PairedEvidence(len(y), int(y.sum()), auc, log_loss)


def _bound(estimate: float, replicates: Floats) -> Bound:
    found = interval(estimate, replicates)
    return Bound(found.estimate, found.lower, found.upper)
