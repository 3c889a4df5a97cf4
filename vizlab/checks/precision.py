"""bfloat16 stays near float32: in what a network says, and in what its sites are said to mix."""

from collections.abc import Iterator

import numpy as np

from vizlab.checks.case import Case, in_precision
from vizlab.checks.distances import largest_difference, noise
from vizlab.checks.limits import ROUGH_OUTPUTS, ROUGH_SHARES
from vizlab.checks.report import Finding


def bfloat16_is_near(case: Case) -> Iterator[Finding]:
    """Of each output the root mean square difference over float32's root mean square; of shares the largest
    difference at each site."""
    rough, exact = case.run(model=in_precision(case.model, "bfloat16")), case.watched
    for name, expected in exact.outputs.items():
        yield case.finding(ROUGH_OUTPUTS, f"output {name}", noise(rough.outputs[name], expected))
    constant = rough.constant | exact.constant
    for name, rows in exact.rows.items():
        found = rough.rows.get(name, {})
        varying = [target for target in rows if (name, target) not in constant]
        differences = [largest_difference(rows[t].share, found[t].share) for t in varying]
        yield case.finding(ROUGH_SHARES, name, float(np.max(differences, initial=0)))
