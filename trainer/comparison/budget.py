"""How the trials of tuning are shared out."""

from collections.abc import Mapping


def shares(trials: int, dimensions: Mapping[str, int]) -> dict[str, int]:
    """Trials of each algorithm, in proportion to how many of its settings are tuned; all of them are shared out.

    What proportion leaves over goes to the largest remainders, of equal ones to the first named. Algorithms without
    a setting to tune get none.
    """
    whole = sum(dimensions.values())
    if not whole:
        return dict.fromkeys(dimensions, 0)
    shared = {name: trials * count // whole for name, count in dimensions.items()}
    remainders = sorted(dimensions, key=lambda name: -(trials * dimensions[name] % whole))
    for name in remainders[: trials - sum(shared.values())]:
        shared[name] += 1
    return shared
