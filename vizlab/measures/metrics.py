"""How far a prediction is from a reference, for one picture; the papers' figures are over a whole test set."""

import math
from dataclasses import dataclass

import numpy as np

from vizlab.errors import InputError
from vizlab.tasks import VOID


@dataclass(frozen=True, eq=False)
class DepthError:
    """`rmse` and `aligned_rmse` in metres, the latter after multiplying the prediction by `scale`.

    `scale` is median(reference) / median(prediction) over valid pixels, for cameras unlike the training set's;
    `abs_rel` mean |p - r| / r; `valid` share of pixels compared; `error` HxW signed p - r in metres, NaN unknown.
    """

    rmse: float
    aligned_rmse: float
    scale: float
    abs_rel: float
    valid: float
    error: np.ndarray


@dataclass(frozen=True, eq=False)
class NormalsError:
    """Angles in degrees; `within` shares (0..1) of pixels below 11.25, 22.5 and 30; `error` HxW, NaN unknown."""

    mean: float
    median: float
    rmse: float
    within: tuple[float, float, float]
    valid: float
    error: np.ndarray


@dataclass(frozen=True)
class SemsegScore:
    """Shares, 0..1. `miou` is over the `present` classes, those that the reference holds; `valid` share not void."""

    accuracy: float
    miou: float
    present: int
    valid: float


WITHIN_DEGREES = (11.25, 22.5, 30.0)


def depth_error(prediction: np.ndarray, reference: np.ndarray) -> DepthError:
    """Compare HxW depths in metres where both are known and the reference is positive."""
    _check_sizes("depth", prediction, reference)
    valid = np.isfinite(prediction) & np.isfinite(reference) & (reference > 0)
    error = np.where(valid, prediction - reference, np.nan).astype(np.float32)
    if not valid.any():
        return DepthError(*(math.nan,) * 4, valid=0.0, error=error)
    p, r = prediction[valid].astype(np.float64), reference[valid].astype(np.float64)
    middle = float(np.median(p))
    scale = float(np.median(r)) / middle if middle > 0 else math.nan
    return DepthError(
        rmse=_rms(p - r),
        aligned_rmse=_rms(scale * p - r),
        scale=scale,
        abs_rel=float(np.mean(np.abs(p - r) / r)),
        valid=float(valid.mean()),
        error=error,
    )


def normals_error(prediction: np.ndarray, reference: np.ndarray) -> NormalsError:
    """Angles between HxWx3 unit vectors where both are known."""
    _check_sizes("normals", prediction, reference)
    cosine = np.einsum("hwc,hwc->hw", prediction, reference)
    error = np.degrees(np.arccos(np.clip(cosine, -1, 1))).astype(np.float32)
    angles = error[np.isfinite(error)].astype(np.float64)
    if not angles.size:
        return NormalsError(*(math.nan,) * 3, within=(math.nan,) * 3, valid=0.0, error=error)
    first, second, third = (float((angles < limit).mean()) for limit in WITHIN_DEGREES)
    return NormalsError(
        mean=float(angles.mean()),
        median=float(np.median(angles)),
        rmse=_rms(angles),
        within=(first, second, third),
        valid=angles.size / error.size,
        error=error,
    )


def semseg_score(label: np.ndarray, reference: np.ndarray, void: int = VOID) -> SemsegScore:
    """Compare HxW class indices; pixels whose reference is `void` count nowhere."""
    _check_sizes("semseg", label, reference)
    valid = reference != void
    if not valid.any():
        return SemsegScore(math.nan, math.nan, 0, 0.0)
    predicted, true = label[valid].astype(np.int64), reference[valid].astype(np.int64)
    classes = int(max(predicted.max(), true.max())) + 1
    confusion = np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)
    hit, held, given = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    present = held > 0
    iou = hit[present] / (held + given - hit)[present]
    return SemsegScore(float(hit.sum() / true.size), float(iou.mean()), int(present.sum()), float(valid.mean()))


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _check_sizes(task: str, prediction: np.ndarray, reference: np.ndarray) -> None:
    if prediction.shape != reference.shape:
        raise InputError(
            f"The {task} prediction is {'x'.join(map(str, prediction.shape))} but its reference is "
            f"{'x'.join(map(str, reference.shape))}; both must have the picture's size."
        )
