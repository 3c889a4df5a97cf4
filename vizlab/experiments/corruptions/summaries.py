"""Many corruptions, or missing sensors, in one number."""

import math
from collections.abc import Mapping, Sequence
from itertools import chain, combinations

from vizlab.errors import InputError


def mean_corruption_error(errors: Mapping[str, Sequence[float]], reference: Mapping[str, Sequence[float]]) -> float:
    """mCE: the mean over corruptions of sum_s E(s) / sum_s E_reference(s), s the severities.

    Errors by corruption, in severities' order: 1 - mIoU, or an RMSE, or an angle. 1 is as good as the reference network
    on the same pictures, less is better (Hendrycks & Dietterich 2019, section 3, which prints it in percent). Raises
    InputError where the two do not hold the same corruptions at as many severities, or the reference has no error.
    """
    if not errors or set(errors) != set(reference):
        raise InputError(
            f"The corruptions are {', '.join(sorted(errors)) or 'none'}, those of the reference "
            f"{', '.join(sorted(reference)) or 'none'}; expected the same, and at least one."
        )
    ratios = []
    for name, values in errors.items():
        if len(values) != len(reference[name]):
            raise InputError(
                f"'{name}' has {len(values)} severities, its reference {len(reference[name])}; sweep both alike."
            )
        below = math.fsum(reference[name])
        if below <= 0:
            raise InputError(f"The reference makes no error under '{name}'; a ratio to it is undefined: leave it out.")
        ratios.append(math.fsum(values) / below)
    return math.fsum(ratios) / len(ratios)


def subsets(modalities: Sequence[str]) -> list[frozenset[str]]:
    """Every set of modalities that can be present, all of them first, none last."""
    sizes = range(len(modalities), -1, -1)
    return [frozenset(one) for one in chain.from_iterable(combinations(modalities, size) for size in sizes)]


def expected_metric(by_present: Mapping[frozenset[str], float], missing: float) -> float:
    """The metric to expect when each modality is missing independently with probability `missing`.

    `by_present` holds the metric for each subset of the modalities that are present. Where the empty one is not among
    them, it is the expectation given that something is left. Modalities fail by independent Bernoulli trials, as in
    Liao et al. 2025 (arXiv 2503.18445). Raises InputError for a probability that is none and for a subset not given.
    """
    if not 0 <= missing <= 1:
        raise InputError(f"The probability is {missing}; expected a number from 0 to 1.")
    modalities = sorted(frozenset().union(*by_present))
    wanted = [one for one in subsets(modalities) if one or one in by_present]
    if absent := [one for one in wanted if one not in by_present]:
        raise InputError(f"No metric is given for {' and '.join(sorted(absent[0]))} alone; measure every subset.")
    weight = {one: (1 - missing) ** len(one) * missing ** (len(modalities) - len(one)) for one in wanted}
    total = math.fsum(weight.values())
    if not modalities or total == 0:
        raise InputError("No modality is ever there; give metrics of subsets that can occur.")
    return math.fsum(weight[one] * by_present[one] for one in wanted if weight[one]) / total
