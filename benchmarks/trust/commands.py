"""Commands that are killed or that find the disk full, on tiny data: what runs, and what comes of it."""

import dataclasses
import json
import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from benchmarks.page_process import ROOT
from tests.conftest import CONFIGS, make_model
from tests.data.official import write_official
from tests.data_folders import write_boxes
from tests.exam.made_exam import made_result, write_exam
from vizlab.cli import main
from vizlab.core.door import save_checkpoint
from vizlab.scenes import list_scenes, load_scene
from vizlab.study.cards.folder import MARKS as CARDS
from vizlab.study.scene_scores import MARKS as SCENES
from vizlab.study.survey.study import Study, load_study

RECIPES = ROOT / "vizlab" / "study" / "training" / "recipes"
STUDIED = 24
"""Pictures of the shipped study that a text is made of."""
EPOCHS = 3
Words = tuple[str | Path, ...]
"""Of a command line."""


def _nothing(folder: Path) -> None:
    """What most commands need in the folder that they write to."""


@dataclass(frozen=True)
class Command:
    """`run` writes to a folder; the same call goes on with what is there. `results` are the files, below the folder,
    whose bytes must be the same however often it was killed: none that say how long something took. `prepare` puts
    into the folder what the command changes there.
    """

    name: str
    run: Callable[[Path], object]
    results: tuple[str, ...] = ()
    prepare: Callable[[Path], object] = _nothing


def long_commands(given: "Inputs") -> list[Command]:
    """Those that work long enough to be killed at any moment."""
    return [
        Command("train", given.train, ("*.safetensors",)),
        Command("study", given.study, ("study.npz",)),
        Command("exam", given.exam, ("exam.json",)),
        Command("sweep", given.sweep, ("sweep.csv",)),
        Command("report", given.report, ("numbers/*.csv", "predictions/**/*.png")),
    ]


def quick_commands(given: "Inputs") -> list[Command]:
    """Further ones that write a file."""
    prepared = {"eval": given.put_network, "cards": given.put_network, "scenes score": given.put_readme}
    return [
        Command(name, partial(given.run, name), prepare=prepared.get(name, _nothing)) for name in given.words(Path())
    ]


def vizlab_command(*words: str | Path) -> None:
    """`vizlab` with these words; it ends the process."""
    sys.argv = ["vizlab", *map(str, words)]
    main()


def _first_pictures(study: Study) -> Study:
    """Of its first network alone, too."""
    first = {key: one for key, one in study.sections.items() if one.network == study.networks[0]}
    kept = {key: one.pictures < STUDIED for key, one in first.items()}
    sections = {
        key: dataclasses.replace(
            one, pictures=one.pictures[kept[key]], rows={name: row[kept[key]] for name, row in one.rows.items()}
        )
        for key, one in first.items()
    }
    meta = {**study.meta, "config": {**study.meta["config"], "resamples": 50}}
    pictures = {name: values[:STUDIED] for name, values in study.pictures.items()}
    return Study(study.names[:STUDIED], pictures, sections, meta)


README = "README.md"
"""A file with the marks of both tables that commands write."""


class Inputs:
    """What commands are given, below `folder`: eight pictures of boxes, an exam of four, a small network with random
    weights, a scene, results of a study and of an exam, and what else a command reads.
    """

    def __init__(self, folder: Path) -> None:
        for name in ("data", "official", "scenes", "scales"):
            (folder / name).mkdir(parents=True)
        self.data = write_boxes(folder / "data")
        self._exam = write_exam(folder / "exam", 4)
        self.network = folder / "cen.safetensors"
        model = make_model("cen")
        save_checkpoint(self.network, model.network, CONFIGS["cen"], {})
        self.official = write_official(folder / "official")
        self.scenes, self.scales = folder / "scenes", folder / "scales"
        first = list_scenes()[0]
        shutil.copytree(load_scene(first).folder, self.scenes / first)
        for epoch in range(3):
            widths = [width for width in (2, 4, 8, 16, 16, 16, 16, 16) for _ in range(2)]
            kept = [torch.full((width,), 0.01 * epoch) for width in widths]
            torch.save(kept, self.scales / f"insnorm_params_{epoch:03}.pth")
        self.studied, self.examined = folder / "study.npz", folder / "exam.json"
        _first_pictures(load_study(ROOT / "docs" / "study.npz")).save(self.studied)
        self.examined.write_text(json.dumps(made_result()))
        self._survey = folder / "study.toml"
        self._survey.write_text('checkpoints = ["cen.safetensors"]\nbatch = 1\n[measures.traces]\n[measures.shapley]\n')

        self._pair = self.data / "rgb" / "000001.jpg", self.data / "depth" / "000001.png"
        self.site = model.sites[0].name

    @property
    def traced(self) -> Words:
        """What commands take that run the network on one picture."""
        return self.network, "--rgb", self._pair[0], "--depth", self._pair[1], "--unit", "mm"

    def words(self, out: Path) -> dict[str, Words]:
        """What stands after `vizlab` for it to write to `out`, by the command's name."""
        small = ("--size", "64x48")
        gradients = ("--method", "gradient x input")
        dark = ("--corruption", "rgb-dark", "--severity", "1")
        kept = ("--write-card", "--write-baseline", out / "baselines.json")
        return {
            "trace": ("trace", *self.traced, "--out", out / "trace.npz"),
            "attribute": ("attribute", *self.traced, *gradients, "--out", out / "maps.npz"),
            "intervene": ("intervene", *self.traced, "--cut", self.site, "--out", out / "moved.npz"),
            "corrupt": ("corrupt", *self.traced, *dark, "--csv", out / "corrupt.csv"),
            "methods": ("methods", "--out", out / "methods.md"),
            "convert": ("convert", self.network, out / "converted.safetensors"),
            "scales": ("scales", self.scales, "--out", out / "scales.html"),
            "eval": ("eval", out / self.network.name, "--data", self.data, *kept),
            "cards": ("cards", out, "--readme", out / README),
            "study-report": ("study-report", self.studied, "--out", out / "study.md", "--keep", out / "small.npz"),
            "exam-report": ("exam-report", self.examined, "--out", out / "exam.md"),
            "data nyuv2": tuple(self.official.arguments(out)),
            "scenes sheet": ("scenes", "sheet", "--folder", self.scenes, "--out", out / "sheet.png"),
            "scenes score": ("scenes", "score", self.network, "--folder", self.scenes, "--readme", out / README),
            "scenes render": ("scenes", "render", "office", "--out", out, "--spp", "1", *small),
            "scenes dataset": ("scenes", "dataset", out, "--count", "1", "--spp", "1", *small),
            "scenes exam": ("scenes", "exam", out, "--count", "1", "--samples", "1", *small),
        }

    def run(self, name: str, out: Path) -> None:
        """The command of that name among `words`."""
        vizlab_command(*self.words(out)[name])

    def put_network(self, out: Path) -> None:
        """The network, of which the card changes, and a README beside it."""
        shutil.copy(self.network, out)
        self.put_readme(out)

    def put_readme(self, out: Path) -> None:
        """A README with a place for tables."""
        lines = [line for marks in (CARDS, SCENES) for line in ("Before.", marks.start, marks.end)]
        (out / README).write_text("\n".join([*lines, "After."]) + "\n")

    def train(self, out: Path) -> None:
        """`vizlab train`: three epochs of two steps."""
        from vizlab.study.training.recipe import load_recipe
        from vizlab.study.training.train import train

        recipe = load_recipe(RECIPES / "cen-mobilenetv2-nyuv2.toml")
        small = dataclasses.replace(
            recipe, epochs=EPOCHS, batch_size=4, crop=(32, 32), zoom=(1.0, 1.1), precision="32-true",
            network=dataclasses.replace(recipe.network, options={"width": 16}),
        )  # fmt: skip
        train(small, self.data, out)

    def study(self, out: Path) -> None:
        """`vizlab study --here`: three pictures, two measures."""
        from vizlab.study.survey.conduct import conduct

        conduct(self._survey, self.data, out, lambda length: nullcontext(lambda rows: None), here=True)

    def exam(self, out: Path) -> None:
        """`vizlab exam`: four pictures."""
        from vizlab.study.exam.running import Explaining, run_exam

        run_exam(
            [self.network], self._exam, out / "exam.json", lambda length: nullcontext(lambda done: None),
            device="cpu", explaining=Explaining(steps=1),
        )  # fmt: skip

    def sweep(self, out: Path) -> None:
        """`vizlab sweep --csv`: every edge, total effects."""
        vizlab_command("sweep", *self.traced, "--kinds", "total", "--csv", out / "sweep.csv")

    def report(self, out: Path) -> None:
        """`vizlab report`: the page in a file, figures, numbers, traces, an archive."""
        vizlab_command("report", *self._pair, "--unit", "mm", "--model", self.network, "--out", out)
