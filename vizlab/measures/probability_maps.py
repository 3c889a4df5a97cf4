"""How well a map of probabilities finds what a reference marks: saliency and edges, for one picture.

- Saliency, as the multi-task literature has it: the F-measure with beta squared of 0.3, and the intersection over union
  of what stands out, each at the threshold that is best for it.
- Edges: precision counts predicted edge pixels near a true one, recall true ones near a predicted one, F their harmonic
  mean at the best threshold. Near is within 0.75 % of the picture's diagonal, as in the Berkeley benchmark. Unlike that
  one, nothing is thinned and a pixel may be matched by several, so these figures compare among themselves alone.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from vizlab.errors import InputError
from vizlab.tasks import VOID

BETA_SQUARED = 0.3
"""Of the F-measure of saliency: precision weighs more than recall."""
TOLERANCE = 0.0075
"""Of the picture's diagonal, within which an edge counts as found."""
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""0.05 to 0.95, of which the best is taken."""


@dataclass(frozen=True)
class MapScore:
    """Shares, 0..1, each at the threshold that is best for it; NaN where the reference marks nothing.

    `f` is the F-measure at `threshold`, with its `precision` and `recall`; `iou` the intersection over union.
    """

    f: float
    threshold: float
    precision: float
    recall: float
    iou: float


def saliency_score(probability: np.ndarray, reference: np.ndarray) -> MapScore:
    """`probability` HxW in [0, 1] against `reference` HxW: 1 salient, 0 not, 255 counts nowhere."""
    true, valid = _masks("saliency", probability, reference)
    found = []
    for threshold in THRESHOLDS:
        marked = (probability >= threshold) & valid
        hits = int((marked & true).sum())
        found.append((threshold, hits, int(marked.sum()), hits, int(true.sum())))
    return _best(found, BETA_SQUARED, int(valid.sum()) > 0)


def edge_score(probability: np.ndarray, reference: np.ndarray, tolerance: float = TOLERANCE) -> MapScore:
    """`probability` HxW in [0, 1] against `reference` HxW: 1 edge, 0 none, 255 counts nowhere.

    `tolerance` is a part of the diagonal; 0 takes edges for found only where they are.
    """
    true, valid = _masks("edge", probability, reference)
    reach = tolerance * math.hypot(*true.shape)
    near_true = _within(true, reach)
    found = []
    for threshold in THRESHOLDS:
        marked = (probability >= threshold) & valid
        right, seen = int((marked & near_true).sum()), int((true & _within(marked, reach)).sum())
        found.append((threshold, right, int(marked.sum()), seen, int(true.sum())))
    return _best(found, 1.0, int(valid.sum()) > 0)


def _best(found: list[tuple[float, int, int, int, int]], beta_squared: float, known: bool) -> MapScore:
    """Of (threshold, right, marked, seen, true): the largest F and the largest intersection over union."""
    if not known or not found[0][-1]:
        return MapScore(*(math.nan,) * 5)
    best, iou = (0.0, found[0][0], 0.0, 0.0), 0.0
    for threshold, right, marked, seen, true in found:
        precision, recall = right / marked if marked else 0.0, seen / true
        below = beta_squared * precision + recall
        f = (1 + beta_squared) * precision * recall / below if below else 0.0
        best = max(best, (f, threshold, precision, recall), key=lambda one: one[0])
        iou = max(iou, seen / (marked - right + true))
    f, threshold, precision, recall = best
    return MapScore(f, threshold, precision, recall, iou)


def _masks(task: str, probability: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is marked, and where anything is known."""
    if probability.shape != reference.shape:
        raise InputError(
            f"The {task} prediction is {'x'.join(map(str, probability.shape))} but its reference is "
            f"{'x'.join(map(str, reference.shape))}; both must have the picture's size."
        )
    valid = reference != VOID
    return valid & (reference > 0), valid


def _within(marked: np.ndarray, reach: float) -> np.ndarray:
    """HxW bool: pixels that are at most `reach` pixels from a marked one."""
    if not marked.any():
        return np.zeros_like(marked)
    distance = cv2.distanceTransform((~marked).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance) <= reach + 1e-4
