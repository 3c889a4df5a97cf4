"""What does not fit is refused in one sentence that names the site: what was found, what was expected, a way out."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import AS_THEY_ARE, Add, Wrap, adapted, hooks_on, inputs_of, picture, seeded
from vizlab import FusionSite, Gated, Mixed, Projected, Replaced, Sum, VizlabError, argument, output_of, stored
from vizlab.core.site import observing
from vizlab.tasks import Task

SUM = Sum({"rgb": 0, "depth": 1})


class Half(nn.Module):
    """a + b / 2 of which a declaration may forget the half; `fails` makes it so for another input only."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(6, 4, 1, groups=2)
        self.wide = nn.Conv2d(6, 3, 1)
        self.norm = nn.InstanceNorm2d(3)
        self.unused = nn.Identity()
        self.twice = nn.Identity()
        self.alpha = nn.Parameter(torch.ones(7))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        self.conv(torch.cat([a, b], 1))
        self.norm(self.wide(torch.cat([a, b], 1)))
        return self.twice(a) + self.twice(b) / 2


def refused(sites: Sequence[FusionSite], module: nn.Module | None = None, **changes: Any) -> str:
    """The sentence, which is one line that ends in a full stop; nothing must be left behind."""
    module = seeded(Wrap(Half())) if module is None else module
    with pytest.raises(VizlabError) as caught:
        adapted(module, sites, **changes)
    assert hooks_on(module) == 0
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def site(reading: Any, path: str = "fuse", **changes: Any) -> FusionSite:
    return FusionSite(path, {"rgb": reading}, **changes)


def halved(at: int) -> Any:
    return argument(at).then(lambda x: x[..., ::2])


HALF = {"rgb": argument(0), "depth": argument(1).then(lambda b: b / 2)}
SITES = {
    "no such path": (site(SUM, "fuse.gates"), "Site 'fuse.gates': there is no module 'fuse.gates'; 'fuse' has conv"),
    "no such part": (site(Sum({"rgb": 0, "depth": "fuse.b"})), "Site 'fuse': there is no module 'fuse.b'; 'fuse' has"),
    "not the sum": (
        site(SUM), r"Site 'fuse', target 'rgb': the parts \(rgb, depth\) miss the output by 4\d\.\d+ %.*constant="
    ),
    "shapes": (
        site(Sum({"rgb": 0, "depth": halved(1)})),
        r"target 'rgb': the part of 'depth' has shape \(1, 3, 96, 56\), but the output \(1, 3, 96, 112\)",
    ),
    "gate": (
        site(Gated(HALF, gates={"depth": stored("fuse.alpha")})),
        r"a tensor of shape \(7,\) cannot be spread by channel over one of \(1, 3, 96, 112\)",
    ),
    "no such argument": (site(Sum({"rgb": 0, "depth": 2})), "Site 'fuse': argument 2 of 'fuse' cannot be read"),
    "no such name": (site(Sum({"rgb": 0, "depth": argument("c")})), "argument c of 'fuse' cannot be read as declared"),
    "no such stored tensor": (
        site(Sum(HALF, constant=stored("fuse.beta"))), "the stored tensor 'fuse.beta' cannot be read as declared"
    ),
    "no tensor": (site(Sum({"rgb": argument(0).then(str), "depth": 1})), "expected a tensor, found a str"),
    "several calls": (
        site(Sum({"rgb": "fuse.twice", "depth": 1})),
        "Site 'fuse': the module 'fuse.twice' was called several times in one forward.*call=0",
    ),
    "a site called several times": (
        site(Sum({"rgb": argument(0)}), "fuse.twice"), "the module 'fuse.twice' was called several times in one forward"
    ),
    "seen several times": (
        site(Sum({"rgb": argument(0, of="fuse")}), "fuse.twice"),
        "the module 'fuse.twice' was called several times in one forward",
    ),
    "never called": (site(SUM, "fuse.unused"), "the module 'fuse.unused' was not called in this forward"),
    "not there yet": (site(Sum({"rgb": 0, "depth": "head"})), "the output of 'head' was not seen before the site's"),
    "a call too many": (
        site(Sum({"rgb": 0, "depth": output_of("fuse.twice", call=5)})), "the output of 'fuse.twice' in call 5 was not"
    ),
    "groups": (site(Projected({"rgb": 3, "depth": 3}), "fuse.conv"), "'fuse.conv' has 2 groups"),
    "widths": (site(Projected({"rgb": 3, "depth": 2}), "fuse.wide"), "takes 6 channels, but rgb 3 \\+ depth 2 make 5"),
    "no projection": (site(Projected({"rgb": 6}), "fuse.twice"), "'fuse.twice' is of type Identity; a projection"),
    "norm": (
        site(Projected({"rgb": 3, "depth": 3}, norm="fuse.norm"), "fuse.wide"),
        "the norm 'fuse.norm' keeps no running statistics, so it is no constant scale",
    ),
    "projection before its layer": (
        site(Projected({"rgb": 3, "depth": 3}), "fuse.wide", at="input"), "seen after its layer; leave at= out"
    ),
    "soft mask": (
        site(Replaced({"rgb": 0, "depth": 1}, mask=argument(1))), "a mask holds numbers other than 0 and 1.*Gated"
    ),
    "mask of nobody": (
        site(Replaced({"rgb": 0, "depth": 1}, mask={"rgb": argument(1)})), "no mask says where 'depth' replaces"
    ),
    "replaced target": (
        FusionSite("fuse", {"fused": Replaced({"rgb": 0, "depth": 1}, mask=1)}), "the target is none of the parts"
    ),
    "tokens": (
        site(SUM, tokens=16), r"a tensor of shape \(1, 3, 96, 112\) was found, expected \(batch, 6x7 tokens"
    ),
    "one tensor for two": (
        FusionSite("fuse", {"rgb": SUM, "depth": SUM}), "one tensor is returned for 2 targets; expected a tuple"
    ),
    "no such item": (site(Sum(HALF, item=3), "relu"), "Site 'relu'.*argument 1 of 'relu' cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", SITES)
def test_a_site_that_does_not_fit_is_refused(case: str) -> None:
    declared, sentence = SITES[case]
    found = refused([declared])
    assert declared.title in found
    assert re.search(sentence, found), found


def test_parts_that_fit_are_not_refused() -> None:
    """The same module, declared rightly."""
    assert adapted(seeded(Wrap(Half())), [site(Sum(HALF))]).sites[0].channels == 3


DECLARATIONS = {
    "no target": (lambda: FusionSite("fuse", {}), "Site 'fuse' has targets {}; expected"),
    "no reading": (lambda: FusionSite("fuse", {"rgb": "sum"}), "Site 'fuse' has targets .*expected"),  # type: ignore[dict-item]
    "half a sum": (
        lambda: FusionSite("fuse", {"rgb": SUM, "depth": Mixed(("rgb",))}), "is a sum for some targets only"
    ),
    "name": (lambda: site(SUM, name="a|b"), "expected a name without"),
    "side": (lambda: site(SUM, at="middle"), "expected a name without"),
    "stray gate": (lambda: Gated({"rgb": 0}, gates={"depth": 1}), "There is a gate for 'depth', which is no part"),
    "no value": (lambda: Sum({"rgb": 0.5}), "0.5 names no tensor of a forward"),  # type: ignore[dict-item]
    "per": (lambda: Replaced({"rgb": 0}, mask=1, per="row"), "decides per 'row'; expected"),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("case", DECLARATIONS)
def test_a_declaration_that_cannot_be_is_refused_where_it_is_made(case: str) -> None:
    make, sentence = DECLARATIONS[case]
    with pytest.raises(VizlabError, match=sentence):
        make()


class Pair(Wrap):
    """Returns a tuple: five classes, and features of another size."""

    def forward(self, rgb: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        y = super().forward(rgb, depth)
        return y, y.mean((2, 3))


WHOLE = {
    "unknown input": ({"inputs": ["rgb", "thermal"]}, "The inputs are rgb, thermal; expected rgb, depth or both"),
    "no input": ({"inputs": []}, "The inputs are none"),
    "normalisation": ({"inputs": {"rgb": None, "depth": AS_THEY_ARE}}, "The normalisation of rgb is None; expected"),
    "no output": ({"outputs": []}, "No output is named"),
    "unknown task": ({"outputs": {"classes": 0}}, "The output 'classes' is of no known task"),
    "output index": ({"outputs": {"semseg": 7}}, "The output 'semseg' cannot be taken by 7 from the tuple"),
    "output key": ({"outputs": {"semseg": "logits"}}, "cannot be taken by 'logits' from the tuple"),
    "output form": ({"outputs": {"semseg": 1}}, r"The output 'semseg' is of shape \(1, 5\); expected a tensor \(batch"),
    "output all": ({"outputs": {"semseg": None}}, "The output 'semseg' is a tuple; expected"),
    "width": ({"outputs": {"depth": 0}}, "The output 'depth' has 5 channels; expected 1"),
    "tasks": ({"tasks": [Task("semseg", 40)]}, "tasks= says semseg of 40, but the outputs have semseg of 5 channels"),
    "classes": ({"classes": ("wall", "floor")}, "2 classes are named, but the semseg output has 5 channels"),
    "family": ({"family": "cen"}, "The family 'cen' is CEN's"),
    "call": (
        {"call": lambda module, inputs: module(inputs["rgb"])},
        r"The module cannot be run on rgb of 1x3x96x112 and depth of 1x3x96x112 \(TypeError: .*call=",
    ),
    "precision": ({"precision": "half"}, "Precision 'half' is unknown"),
}  # fmt: skip


@pytest.mark.parametrize("case", WHOLE)
def test_what_does_not_fit_a_model_is_refused(case: str) -> None:
    changes, sentence = WHOLE[case]
    given = {"outputs": {"semseg": 0}, **changes}
    assert re.search(sentence, refused([], seeded(Pair(Add())), **given))


def test_two_sites_of_one_name_are_refused() -> None:
    assert "Two sites are called 'fuse'" in refused([site(SUM), site(Sum(HALF))])


def test_targets_of_several_widths_are_refused() -> None:
    class Unequal(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> list[Tensor]:
            return [a + b, torch.cat([a, b], 1)]

    class Takes(Wrap):
        def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
            return self.head(self.fuse(rgb, depth)[0])

    twice = Sum({"depth": argument(1).then(lambda b: torch.cat([b * 0, b], 1)),
                 "rgb": argument(0).then(lambda a: torch.cat([a, a * 0], 1))})  # fmt: skip
    sentence = refused([FusionSite("fuse", {"rgb": SUM, "depth": twice})], seeded(Takes(Unequal())))
    assert "target 'depth': it has 6 channels, other targets 3; declare a site for each" in sentence


def test_parts_that_only_later_miss_the_output_are_refused_then() -> None:
    """What held on noise need not hold on a picture: a clamp that acts where values are large."""

    class Clamped(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return (a + b).clamp(max=50)

    model = adapted(seeded(Wrap(Clamped())), [site(SUM)])
    vizlab.trace(model, picture())
    far = vizlab.RGBDImage(picture().colour, np.full((96, 100), 80, np.float32))
    with pytest.raises(VizlabError, match=r"Site 'fuse', target 'rgb': the parts .* miss the output by \d"):
        vizlab.trace(model, far)
    assert hooks_on(model.network) == 0


def test_a_norm_in_training_is_no_constant() -> None:
    class Normed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(6, 3, 1), nn.BatchNorm2d(3)

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return self.norm(self.conv(torch.cat([a, b], 1)))

    declared = site(Projected({"rgb": 3, "depth": 3}, norm="fuse.norm"), "fuse.conv")
    model = adapted(seeded(Wrap(Normed())), [declared])
    model.network.train()
    with pytest.raises(VizlabError, match="is in training mode"), observing(lambda module, mixing: None):
        model.forward(inputs_of(model, picture()))
