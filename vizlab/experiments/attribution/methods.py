"""How attributions are computed: captum's methods on a `Problem`, each giving signed maps in the target's unit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from vizlab.core.network import FusionNetwork
from vizlab.core.site import fusion_modules
from vizlab.errors import InputError, one_line
from vizlab.experiments.attribution.problem import Problem

STEPS = 64
"""Points on the path of integrated gradients."""
SUPERPIXELS = 60


@dataclass(frozen=True)
class Options:
    """`steps` on the path (integrated gradients), `segments` (occlusion, (h, w) int32), `site` (Grad-CAM)."""

    steps: int = STEPS
    segments: np.ndarray | None = None
    site: str = ""

    @property
    def patches(self) -> int:
        """How many superpixels there are."""
        return 0 if self.segments is None else int(self.segments.max()) + 1


Maps = dict[str, np.ndarray]
Compute = Callable[[Problem, Options], Maps]


@dataclass(frozen=True)
class AttributionMethod:
    """`title` in sentences, `sentence` what it does, with its source.

    `complete`: its maps should sum to the difference. `pictures` says how many go through the network. `streams`: maps
    are by stream, not by modality.
    """

    title: str
    sentence: str
    complete: bool
    compute: Compute
    pictures: Callable[[Options, int], int]
    streams: bool = False


def integrated_gradients(problem: Problem, options: Options) -> Maps:
    """Gradients along the straight path from baseline to picture, times what changed (Sundararajan et al. 2017)."""
    found = (
        _captum()
        .IntegratedGradients(problem)
        .attribute(problem.inputs, problem.baselines, n_steps=options.steps, internal_batch_size=problem.batch)
    )
    return _by_modality(problem, found)


def gradient_x_input(problem: Problem, options: Options) -> Maps:
    """The gradient at the picture times its difference from the baseline (first order of integrated gradients)."""
    # Captum multiplies by the input: with the baseline as the origin that is the difference.
    moved = tuple((x - b).requires_grad_() for x, b in zip(problem.inputs, problem.baselines, strict=True))

    def from_baseline(*changes: Tensor) -> Tensor:
        return problem(*(c + b for c, b in zip(changes, problem.baselines, strict=True)))

    return _by_modality(problem, _captum().InputXGradient(from_baseline).attribute(moved))


def occlusion(problem: Problem, options: Options) -> Maps:
    """One superpixel of one modality at a time is replaced by the baseline; its effect is what the value then loses."""
    assert options.segments is not None
    mask = problem.spread(options.segments).long()
    masks = tuple(mask + index * options.patches for index in range(len(problem.names)))
    found = (
        _captum()
        .FeatureAblation(problem)
        .attribute(problem.inputs, problem.baselines, feature_mask=masks, perturbations_per_eval=problem.batch)
    )
    (height, width), sizes = problem.framing.content, np.bincount(options.segments.ravel())[options.segments]
    # Captum gives a group's whole effect to each of its members.
    return {
        name: (effect[0, 0, :height, :width].cpu().numpy() / sizes).astype(np.float32)
        for name, effect in zip(problem.names, found, strict=True)
    }


def grad_cam(problem: Problem, options: Options) -> Maps:
    """A site's features weighted by their mean gradients, signed (Selvaraju et al. 2017, without the final ReLU)."""
    layer, names = layer_of(problem.network, options.site)
    tap = _Tap()
    with _tapped(layer, tap):
        # Of several streams not every one leads to the target.
        unused = {"allow_unused": True, "materialize_grads": True}
        found = _captum().LayerGradCam(problem, tap).attribute(problem.leaves(), grad_kwargs=unused)
    leaves = [part for leaf in (found if isinstance(found, tuple) else (found,)) for part in leaf]
    titles = names if len(names) == len(leaves) else [f"part {i + 1}" for i in range(len(leaves))]
    return {title: _visible(problem, leaf) for title, leaf in zip(titles, leaves, strict=True)}


METHODS: Mapping[str, AttributionMethod] = {
    "integrated gradients": AttributionMethod(
        "integrated gradients",
        "Gradients along the straight path from the baseline to the picture, times what changed (Sundararajan et al. "
        "2017). With enough steps the maps sum to the difference the picture makes.",
        True,
        integrated_gradients,
        lambda options, modalities: options.steps,
    ),
    "gradient x input": AttributionMethod(
        "gradient x input",
        "The gradient at the picture times its difference from the baseline: one step of the path, a first-order draft "
        "that need not add up.",
        False,
        gradient_x_input,
        lambda options, modalities: 1,
    ),
    "occlusion": AttributionMethod(
        "occlusion by superpixel",
        "Each superpixel of each modality is replaced by the baseline, alone; what the value loses is its effect. "
        "Effects of single superpixels need not add up.",
        False,
        occlusion,
        lambda options, modalities: 1 + modalities * options.patches,
    ),
    "grad-cam": AttributionMethod(
        "Grad-CAM",
        "The features of a site, weighted by their mean gradients, by stream and signed (Selvaraju et al. 2017, "
        "without the final ReLU). It needs no baseline and need not add up.",
        False,
        grad_cam,
        lambda options, modalities: 1,
        streams=True,
    ),
}


def method_called(name: str) -> AttributionMethod:
    """The method of that name; raises InputError, with those there are, for any other."""
    if name not in METHODS:
        raise InputError(f"'{one_line(name, 60)}' is no method of attribution; expected one of {', '.join(METHODS)}.")
    return METHODS[name]


def layer_of(network: FusionNetwork, name: str) -> tuple[nn.Module, tuple[str, ...]]:
    """The module of a site, or at a path in the network, and what the streams of its output are called.

    Raises InputError where there is neither.
    """
    modules, sites = dict(network.named_modules()), fusion_modules(network)
    called = name or (network.sites[-1].name if network.sites else "")
    if called in sites and _is_run(sites[called]):
        return sites[called], sites[called].site.targets
    if called in modules and called:
        return modules[called], ("output",)
    known = ", ".join(site for site, module in sites.items() if _is_run(module)) or "none of its own"
    raise InputError(
        f"'{one_line(called, 60)}' is no place for Grad-CAM; expected a site ({known}) or a module's path in the "
        "network."
    )


def _is_run(module: nn.Module) -> bool:
    """Whether the network calls the site's module; an adapted one is seen from the outside."""
    return type(module).forward is not nn.Module.forward


class _Tap(nn.Module):
    """Where captum looks: what goes through comes out as it is."""

    def forward(self, *leaves: Tensor) -> Any:
        return leaves if len(leaves) > 1 else leaves[0]


@dataclass(eq=False)
class _tapped:
    """Within the block what `layer` returns goes through `tap`, as copies: an activation in place may follow."""

    layer: nn.Module
    tap: _Tap
    _handles: list[Any] = field(default_factory=list)

    def __enter__(self) -> None:
        self._handles.append(self.layer.register_forward_hook(self._through))

    def __exit__(self, *_: object) -> None:
        self._handles.pop().remove()

    def _through(self, module: nn.Module, given: Any, returned: Any) -> Any:
        leaves, shape = tree_flatten(returned)
        seen = self.tap(*leaves)
        return tree_unflatten([x.clone() for x in (seen if isinstance(seen, tuple) else (seen,))], shape)


def _by_modality(problem: Problem, found: tuple[Tensor, ...]) -> Maps:
    return {name: problem.folded(values) for name, values in zip(problem.names, found, strict=True)}


def _visible(problem: Problem, leaf: Tensor) -> np.ndarray:
    """(1, h', w') to (h, w): the cells that show the picture."""
    height, width = problem.framing.visible((leaf.shape[-2], leaf.shape[-1]))
    return leaf[0, :height, :width].detach().float().cpu().numpy()


def _captum() -> Any:
    """Imported when something is attributed: it takes a second, and studies that attribute nothing do without."""
    from captum import attr

    return attr
