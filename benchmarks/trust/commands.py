"""Commands that are killed or that find the disk full, on tiny data: what runs, and what comes of it."""

import dataclasses
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import CONFIGS, make_model
from tests.data_folders import write_boxes
from tests.exam.made_exam import write_exam
from vizlab.cli import main
from vizlab.core.door import save_checkpoint

RECIPES = Path(__file__).parents[2] / "vizlab" / "study" / "training" / "recipes"
EPOCHS = 3
Words = tuple[str | Path, ...]
"""Of a command line."""


@dataclass(frozen=True)
class Command:
    """`run` writes to a folder; the same call goes on with what is there. `results` are the files, below the folder,
    whose bytes must be the same however often it was killed: none that say how long something took.
    """

    name: str
    run: Callable[[Path], object]
    results: tuple[str, ...]


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
    words: dict[str, Callable[[Path], Words]] = {
        "trace": lambda out: ("trace", *given.traced, "--out", out / "trace.npz"),
        "attribute": lambda out: (
            "attribute",
            *given.traced,
            "--method",
            "gradient x input",
            "--out",
            out / "maps.npz",
        ),
        "intervene": lambda out: ("intervene", *given.traced, "--cut", given.site, "--out", out / "moved.npz"),
        "corrupt": lambda out: (
            "corrupt",
            *given.traced,
            "--corruption",
            "rgb-dark",
            "--severity",
            "1",
            "--csv",
            out / "corrupt.csv",
        ),
        "methods": lambda out: ("methods", "--out", out / "methods.md"),
    }
    return [Command(name, lambda out, of=of: vizlab_command(*of(out)), ()) for name, of in words.items()]


def vizlab_command(*words: str | Path) -> None:
    """`vizlab` with these words; it ends the process."""
    sys.argv = ["vizlab", *map(str, words)]
    main()


class Inputs:
    """Eight pictures of boxes, an exam of four, a small network with random weights."""

    def __init__(self, folder: Path) -> None:
        (folder / "data").mkdir(parents=True)
        self._data = write_boxes(folder / "data")
        self._exam = write_exam(folder / "exam", 4)
        self._network = folder / "cen.safetensors"
        model = make_model("cen")
        save_checkpoint(self._network, model.network, CONFIGS["cen"], {})
        self._survey = folder / "study.toml"
        self._survey.write_text('checkpoints = ["cen.safetensors"]\nbatch = 1\n[measures.traces]\n[measures.shapley]\n')

        self._pair = self._data / "rgb" / "000001.jpg", self._data / "depth" / "000001.png"
        self.site = model.sites[0].name

    @property
    def traced(self) -> Words:
        """What commands take that run the network on one picture."""
        return self._network, "--rgb", self._pair[0], "--depth", self._pair[1], "--unit", "mm"

    def train(self, out: Path) -> None:
        """`vizlab train`: three epochs of two steps."""
        from vizlab.study.training.recipe import load_recipe
        from vizlab.study.training.train import train

        recipe = load_recipe(RECIPES / "cen-mobilenetv2-nyuv2.toml")
        small = dataclasses.replace(
            recipe, epochs=EPOCHS, batch_size=4, crop=(32, 32), zoom=(1.0, 1.1), precision="32-true",
            network=dataclasses.replace(recipe.network, options={"width": 16}),
        )  # fmt: skip
        train(small, self._data, out)

    def study(self, out: Path) -> None:
        """`vizlab study --here`: three pictures, two measures."""
        from vizlab.study.survey.conduct import conduct

        conduct(self._survey, self._data, out, lambda length: nullcontext(lambda rows: None), here=True)

    def exam(self, out: Path) -> None:
        """`vizlab exam`: four pictures."""
        from vizlab.study.exam.running import Explaining, run_exam

        run_exam(
            [self._network], self._exam, out / "exam.json", lambda length: nullcontext(lambda done: None),
            device="cpu", explaining=Explaining(steps=1),
        )  # fmt: skip

    def sweep(self, out: Path) -> None:
        """`vizlab sweep --csv`: every edge, total effects."""
        vizlab_command("sweep", *self.traced, "--kinds", "total", "--csv", out / "sweep.csv")

    def report(self, out: Path) -> None:
        """`vizlab report`: the page in a file, figures, numbers, traces, an archive."""
        vizlab_command("report", *self._pair, "--unit", "mm", "--model", self._network, "--out", out)
