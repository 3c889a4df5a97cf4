"""An owner's module is run as it is: hooks are there for one watched forward, in its own thread, and then gone."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import Add, Wrap, adapted, hooks_on, inputs_of, mixings, picture, seeded
from vizlab import FusionSite, Mixed, Projected, Sum, output_of, stored
from vizlab.core.site import Intervention, fusion_modules, intervening, observing
from vizlab.core.trace import arrays_of

CUT = Intervention(cross=False)
SUM = Sum({"rgb": 0, "depth": 1})


class Twice(nn.Module):
    """Two sites, one after the other: a sum, then a 1x1 convolution over the sum and depth."""

    def __init__(self) -> None:
        super().__init__()
        self.add, self.conv = Add(), nn.Conv2d(6, 3, 1)
        self.relu, self.head = nn.ReLU(inplace=True), nn.Conv2d(3, 5, 1)

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        y = self.relu(self.add(rgb, depth))
        return self.head(self.relu(self.conv(torch.cat([y, depth], 1))))


SITES = [
    FusionSite("add", {"rgb": SUM}),
    FusionSite("conv", {"rgb": Projected({"rgb": 3, "depth": 3})}),
]


@pytest.fixture
def module() -> nn.Module:
    return seeded(Twice())


@pytest.fixture
def model(module: nn.Module) -> vizlab.Model:
    return adapted(module, SITES)


def test_adapting_leaves_no_hook_and_changes_no_weight(module: nn.Module) -> None:
    before = {name: (tensor.clone(), tensor.stride()) for name, tensor in module.state_dict().items()}
    adapted(module, SITES)
    assert hooks_on(module) == 0
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name][0])
        assert tensor.stride() == before[name][1]


def test_a_plain_forward_is_the_owners(module: nn.Module, model: vizlab.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = inputs_of(model, picture())
    with torch.inference_mode():
        expected = module(*inputs.values())
    for method in ("register_forward_hook", "register_forward_pre_hook"):
        monkeypatch.setattr(nn.Module, method, lambda *_, **__: pytest.fail("a hook in a plain forward"))
    assert torch.equal(model.forward(inputs)["semseg"], expected)
    with intervening(Intervention()):
        assert torch.equal(model.forward(inputs)["semseg"], expected)
    with intervening(Intervention(cross=False, sites=frozenset())):
        assert torch.equal(model.forward(inputs)["semseg"], expected)


def test_an_input_reaches_the_module_as_its_owner_would_give_it() -> None:
    """Contiguous: a module may take views of it."""

    class Views(Wrap):
        def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
            return super().forward(rgb.view(3, -1).view(rgb.shape), depth)

    model = adapted(seeded(Views(Add())), [FusionSite("fuse", {"rgb": SUM})])
    assert vizlab.trace(model, picture()).sites["fuse"].share is not None


@pytest.mark.parametrize("change", [Intervention(), Intervention(cross=False, sites=frozenset())])
def test_watching_changes_nothing(model: vizlab.Model, change: Intervention) -> None:
    inputs = inputs_of(model, picture())
    plain = model.forward(inputs)["semseg"]
    with observing(lambda module, mixing: None), intervening(change):
        assert torch.equal(model.forward(inputs)["semseg"], plain)


def test_what_is_shown_is_the_output_before_it_is_overwritten(module: nn.Module, model: vizlab.Model) -> None:
    """The in-place ReLU that follows would leave nothing negative."""
    inputs = inputs_of(model, picture())
    found = mixings(model, inputs)["conv", "rgb"]
    with torch.inference_mode():
        first = (inputs["rgb"] + inputs["depth"]).relu()
        expected = module.conv(torch.cat([first, inputs["depth"]], 1))  # type: ignore[operator]
    assert torch.equal(found.output, expected)
    assert (expected < 0).any()


def test_cut_sites_keep_their_own_part(module: nn.Module, model: vizlab.Model) -> None:
    inputs = inputs_of(model, picture())
    rgb, depth = inputs.values()
    zero = torch.zeros_like(rgb)
    add, conv, head = (lambda a, b: (a + b).relu()), module.conv, module.head

    def expected(first: Tensor, second: Tensor) -> Tensor:
        return head(conv(torch.cat([add(rgb, first), second], 1)).relu())  # type: ignore[operator]

    for sites, wanted in ((None, (zero, zero)), ({"add"}, (zero, depth)), ({"conv"}, (depth, zero))):
        with intervening(Intervention(cross=False, sites=None if sites is None else frozenset(sites))):
            found = model.forward(inputs)["semseg"]
        assert torch.allclose(found, expected(*wanted), atol=1e-5), sites


def test_a_stored_tensor_that_is_a_part_survives_what_follows_a_cut() -> None:
    """The in-place ReLU gets a copy of what is left, not the owner's own parameter."""

    class Prior(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.prior = nn.Parameter(torch.zeros(1, 3, 96, 112))

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return self.prior + a + b

    module = seeded(Wrap(Prior()))
    before = module.fuse.prior.detach().clone()  # type: ignore[union-attr,operator]
    reading = Sum({"prior": stored("fuse.prior"), "rgb": 0, "depth": 1})
    model = adapted(module, [FusionSite("fuse", {"prior": reading})])
    inputs = inputs_of(model, picture())
    with intervening(CUT):
        cut = model.forward(inputs)["semseg"]
    assert torch.allclose(cut, module.head(before.relu()), atol=1e-5)  # type: ignore[operator]
    assert torch.equal(module.fuse.prior, before)  # type: ignore[union-attr,arg-type]


def test_a_cut_trace_holds_what_is_left(model: vizlab.Model) -> None:
    trace = vizlab.trace(model, picture(), cross=False, sites=["add"])
    np.testing.assert_allclose(trace.sites["add"].share, [[1, 0]], atol=1e-6)  # type: ignore[arg-type]
    assert abs(float(trace.sites["conv"].cross_share[0])) > 0.01
    assert trace.changes["cross"] is False
    assert vizlab.trace(model, picture(), cross=False, sites=[]).sites["add"].share[0, 1] > 0.1  # type: ignore[index]


class Fails(nn.Module):
    """Raises when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.told = False

    def forward(self, x: Tensor) -> Tensor:
        if self.told:
            raise RuntimeError("out of order")
        return x


def test_after_an_error_nothing_is_left(module: nn.Module) -> None:
    module.head = nn.Sequential(Fails(), module.head)  # type: ignore[arg-type]
    model = adapted(module, SITES)
    inputs = inputs_of(model, picture())
    plain, alone = model.forward(inputs)["semseg"], arrays_of(vizlab.trace(model, picture()))
    module.head[0].told = True  # type: ignore[index,union-attr]
    for context in (intervening(CUT), observing(lambda module, mixing: None)):
        with pytest.raises(RuntimeError, match="out of order"), context:
            model.forward(inputs)
        assert hooks_on(module) == 0
    module.head[0].told = False  # type: ignore[index,union-attr]
    assert torch.equal(model.forward(inputs)["semseg"], plain)
    again = arrays_of(vizlab.trace(model, picture()))
    assert all(np.array_equal(again[key], value, equal_nan=value.dtype.kind == "f") for key, value in alone.items())


def test_an_observer_that_raises_leaves_nothing_either(module: nn.Module, model: vizlab.Model) -> None:
    def observe(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), observing(observe):
        model.forward(inputs_of(model, picture()))
    assert hooks_on(module) == 0


class Meets(nn.Module):
    """Waits until as many threads are inside as the barrier asks for, so that none is through before all came."""

    def __init__(self) -> None:
        super().__init__()
        self.barrier: threading.Barrier | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.barrier is not None:
            self.barrier.wait()
        return x


def in_threads(jobs: list[Callable[[], Any]]) -> list[Any]:
    found: dict[int, Any] = {}
    threads = [threading.Thread(target=lambda i=i: found.update({i: jobs[i]()})) for i in range(len(jobs))]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [found[index] for index in range(len(jobs))]


def test_threads_on_one_module_do_not_see_each_other(module: nn.Module) -> None:
    """One watches, one watches with every site cut, one cuts, one runs plainly; each is as if it were alone.

    They meet before the first site and after the last one, so that everybody's hooks are there when sites are met.
    """
    first, last = Meets(), Meets()
    module.add = nn.Sequential(first, module.add)  # type: ignore[arg-type]
    module.head = nn.Sequential(last, module.head)  # type: ignore[arg-type]
    module.add.forward = lambda a, b: module.add[1](module.add[0](a), b)  # type: ignore[method-assign,assignment,operator,index]
    model = adapted(module, SITES)
    inputs, rgbd = inputs_of(model, picture()), picture()

    def cut() -> Tensor:
        with intervening(CUT):
            return model.forward(inputs)["semseg"]

    jobs: list[Callable[[], Any]] = [
        lambda: vizlab.trace(model, rgbd),
        lambda: vizlab.trace(model, rgbd, cross=False),
        cut,
        lambda: model.forward(inputs)["semseg"],
    ]
    alone = [job() for job in jobs]
    first.barrier, last.barrier = (threading.Barrier(len(jobs), timeout=60) for _ in range(2))
    together = in_threads(jobs)
    for one, other in zip(alone[:2], together[:2], strict=True):
        numbers = arrays_of(other)
        assert all(np.array_equal(numbers[k], v, equal_nan=v.dtype.kind == "f") for k, v in arrays_of(one).items())
    assert torch.equal(alone[2], together[2])
    assert torch.equal(alone[3], together[3])
    assert not torch.equal(alone[2], alone[3])
    assert hooks_on(module) == 0


def test_a_stranger_on_the_same_module_is_left_alone(module: nn.Module) -> None:
    """The owner's other code runs the module, many times, while it is watched and cut."""
    model = adapted(module, SITES)
    inputs = inputs_of(model, picture())
    with torch.inference_mode():
        expected = module(*inputs.values())

    def strange() -> bool:
        with torch.inference_mode():
            return all(torch.equal(module(*inputs.values()), expected) for _ in range(40))

    def watched() -> int:
        with intervening(CUT), observing(lambda module, mixing: None):
            return sum(len(model.forward(inputs)) for _ in range(40))

    assert in_threads([strange, watched, strange]) == [True, 40, True]


def test_a_part_may_come_from_one_of_several_calls() -> None:
    """One encoder for both streams: the first call is colour's, the second depth's."""

    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.fuse, self.head = nn.Conv2d(3, 3, 1), Add(), nn.Conv2d(3, 5, 1)

        def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
            a, b = self.encoder(rgb), self.encoder(depth)
            return self.head(self.fuse(a, b))

    module = seeded(Shared())
    reading = Sum({"rgb": output_of("encoder", call=0), "depth": output_of("encoder", call=1)})
    model = adapted(module, [FusionSite("fuse", {"rgb": reading})])
    inputs = inputs_of(model, picture())
    shown = mixings(model, inputs)["fuse", "rgb"]
    for part, x in zip(shown.parts, inputs.values(), strict=True):
        assert torch.allclose(part.value, module.encoder(x), atol=1e-6)  # type: ignore[operator]


def test_a_site_that_only_mixes_has_no_share_and_is_never_hooked(
    module: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = adapted(module, [FusionSite("conv", {"rgb": Mixed(("rgb", "depth"))})])
    assert [(s.name, s.kind, s.channels, s.additive) for s in model.sites] == [("conv", "mixing", 3, False)]
    plain = model.forward(inputs_of(model, picture()))["semseg"]
    for method in ("register_forward_hook", "register_forward_pre_hook"):
        monkeypatch.setattr(nn.Module, method, lambda *_, **__: pytest.fail("a hook on a site that does not add"))
    trace = vizlab.trace(model, picture())
    assert trace.sites["conv"].share is None
    assert trace.sites["conv"].outside is None
    assert "not as a sum" in vizlab.views.outside_strip(trace)[0].caption
    with intervening(CUT):
        assert torch.equal(model.forward(inputs_of(model, picture()))["semseg"], plain)


def test_sites_stand_in_the_order_in_which_a_forward_meets_them(module: nn.Module) -> None:
    model = adapted(module, SITES[::-1])
    assert [site.name for site in model.sites] == list(fusion_modules(model.network)) == ["add", "conv"]
