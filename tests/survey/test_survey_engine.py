"""Who does the work makes no difference, nor where it was broken off."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.conftest import make_model
from tests.door.tensorflow_files import write_checkpoint
from tests.survey.studies import (
    TRACES,
    assert_same_studies,
    job_of,
    parts_of,
    write_pictures,
    write_study,
)
from vizlab.cli import app
from vizlab.core.model import Model
from vizlab.errors import DataError, InputError, VizlabError
from vizlab.study.data import RGBDFolder
from vizlab.study.survey import engine, worker
from vizlab.study.survey.batch import Batch, batches
from vizlab.study.survey.conduct import conduct
from vizlab.study.survey.config import load_config
from vizlab.study.survey.engine import Progress
from vizlab.study.survey.study import FILE, Study, load_study
from vizlab.study.survey.traces import Traces

ROOT = Path(__file__).parents[2]
BOTH = "[measures.traces]\n[measures.similarity]\nevery = 2\n"


@contextmanager
def uncounted(length: int) -> Iterator[Progress]:
    yield lambda rows: None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("survey")


@pytest.fixture(scope="module")
def data(place: Path) -> Path:
    return write_pictures(place)


@pytest.fixture(scope="module")
def config(place: Path) -> Path:
    return write_study(place, ["cen", "nddr-cnn"], BOTH)


@pytest.fixture(scope="module")
def here(place: Path, data: Path, config: Path) -> Study:
    """The study in a plain loop."""
    return conduct(config, data, place / "here", uncounted, here=True)


def test_every_picture_has_its_rows(here: Study) -> None:
    assert here.names == ("000001", "000002", "000003")
    assert list(here.sections) == [(n, m) for n in ("cen", "nddr-cnn") for m in ("traces", "similarity")]
    assert here.of("cen", "traces").pictures.tolist() == [0, 1, 2]
    assert here.of("cen", "similarity").pictures.tolist() == [0, 2]
    assert len(here.of("nddr-cnn", "similarity").rows["terms"]) == 2


def test_rows_stand_beside_their_pictures(here: Study, data: Path) -> None:
    (batch,) = batches(make_model("nddr-cnn"), (2,), [RGBDFolder(data, "test").read(2)])
    expected = Traces().run(saved("nddr-cnn", data.parent), batch)["share"][0]
    np.testing.assert_allclose(here.of("nddr-cnn", "traces").rows["share"][2], expected, atol=1e-5)
    np.testing.assert_allclose(here.pictures["distance"][2], np.median(RGBDFolder(data, "test").read(2).depth))


def saved(family: str, folder: Path) -> Model:
    """The network as its file has it, in float16."""
    from vizlab.core.door import load_model

    return load_model(folder / f"{family}.safetensors", "cpu", precision="float32")


def test_ray_has_the_numbers_of_the_loop(place: Path, data: Path, config: Path, here: Study) -> None:
    """Started with no set-up, and stopped; bit for bit the same rows."""
    import ray

    done: list[int] = []
    job = job_of(config, data, place / "ray")
    engine.run(job, done.append)
    assert not ray.is_initialized()
    assert "RAY_BACKEND_LOG_LEVEL" not in os.environ
    assert sum(done) == engine.amount(job) == 3 + 2 + 2 * (3 + 2)
    assert_same_studies(conduct(config, data, place / "ray", uncounted, here=True), here)


def test_an_error_in_an_actor_is_a_sentence(
    place: Path, data: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(config, data, place / "broken")
    job.parts.mkdir(parents=True)
    tasks = tuple(job.tasks())
    actor = engine.RayWorker(job, tasks)

    def refuse(place: int) -> None:
        raise DataError("Picture '000001' is damaged.")

    monkeypatch.setattr(actor._worker._folder, "read", refuse)
    (columns,) = actor({"first": [0], "size": [1]})
    assert columns["error"] == ["Picture '000001' is damaged."]


def test_what_is_done_is_not_done_again(place: Path, data: Path, config: Path, here: Study) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (place / "here" / "parts").iterdir()}
    gone = place / "here" / "parts" / "cen-traces-0001.npz"
    gone.unlink()
    (place / "here" / "parts" / "nddr-cnn-traces-0000.npz").write_bytes(b"damaged")
    again = conduct(config, data, place / "here", uncounted, here=True)
    after = {path.name: path.stat().st_mtime_ns for path in (place / "here" / "parts").iterdir()}
    assert {name for name in before if before[name] != after[name]} == {gone.name, "nddr-cnn-traces-0000.npz"}
    assert_same_studies(again, here)


def test_nothing_runs_where_nothing_is_missing(
    place: Path, data: Path, config: Path, here: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "Worker", None)
    monkeypatch.setattr(engine, "_on_ray", None)
    assert_same_studies(conduct(config, data, place / "here", uncounted), here)


def test_another_option_makes_its_parts_again(tmp_path: Path, data: Path) -> None:
    config = write_study(tmp_path, ["cen"])
    first = conduct(config, data, tmp_path / "out", uncounted, here=True)
    write_study(tmp_path, ["cen"], "[measures.traces]\nscores = false\n")
    second = conduct(config, data, tmp_path / "out", uncounted, here=True)
    assert "semseg/ensemble|counts" in first.of("cen", "traces").rows
    assert "semseg/ensemble|counts" not in second.of("cen", "traces").rows


@pytest.mark.slow
def test_killed_and_gone_on_with(place: Path, data: Path, config: Path, here: Study) -> None:
    """kill -9 after the first part of a network: the same command ends with the same numbers."""
    out = place / "killed"
    command = [
        sys.executable,
        "-m",
        "vizlab.cli",
        "study",
        str(config),
        "--data",
        str(data),
        "--out",
        str(out),
        "--here",
    ]
    slow = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=slow, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        first = out / "parts" / "cen-traces-0000.npz"
        deadline = time.monotonic() + 120
        while not first.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert first.exists()
    assert not (out / FILE).exists(), "it was over before it was killed"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert_same_studies(load_study(out / FILE), here)


def test_no_more_than_two_tasks_are_held(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are read one task ahead, not all at once."""
    config = write_study(tmp_path, ["cen"], batch=1)
    job = job_of(config, data, tmp_path / "out")
    job.parts.mkdir(parents=True)
    one = worker.Worker(job)
    read: list[int] = []
    whole = one._folder.read
    monkeypatch.setattr(one._folder, "read", lambda place: (read.append(place), whole(place))[1])
    most = 0
    for done, _ in enumerate(one.work(job.tasks())):
        most = max(most, len(read) - done // 2)  # two parts a task: of the picture, and of the network
    assert read == [0, 1, 2]
    assert most <= 2


def test_a_batch_that_does_not_fit_is_halved(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, folder = make_model("cen"), RGBDFolder(data, "test")
    (batch,) = batches(model, range(3), list(folder))
    measure, sizes = Traces(), []

    class Short:
        name = "traces"

        def refuses(self, model: Model) -> str:
            return ""

        def meta(self, model: Model) -> dict:
            return {}

        def run(self, model: Model, batch: Batch) -> dict[str, np.ndarray]:
            sizes.append(len(batch))
            if len(batch) > most:
                raise torch.OutOfMemoryError("no room")
            return measure.run(model, batch)

    most = 1
    rows = worker.rows_of(Short(), model, [batch], range(3))
    assert sizes == [3, 1, 2, 1, 1]
    np.testing.assert_allclose(rows["share"], measure.run(model, batch)["share"], atol=1e-6)
    most = 0
    with pytest.raises(InputError, match="does not fit into the memory of cpu"):
        worker.rows_of(Short(), model, [batch], range(3))


def test_a_partner_is_far_and_another(data: Path) -> None:
    model, folder = make_model("cen"), RGBDFolder(data, "train")
    split = worker.Split(folder.read, range(8))
    assert [split.partner(place) for place in range(8)] == [4, 5, 6, 7, 0, 1, 2, 3]
    (batch,) = batches(model, (1, 6), [folder.read(1), folder.read(6)], split)
    np.testing.assert_array_equal(batch.others[0].colour, folder.read(5).colour)


def test_threads_and_number_formats_are_as_before(place: Path, data: Path, config: Path) -> None:
    before = torch.get_num_threads(), torch.backends.cudnn.allow_tf32
    list(worker.Worker(job_of(config, data, place / "here")).work(()))
    assert (torch.get_num_threads(), torch.backends.cudnn.allow_tf32) == before


def test_without_ray_it_runs_here(place: Path, data: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "has_ray", lambda: False)
    monkeypatch.setattr(engine, "_on_ray", None)
    job = job_of(config, data, place / "no ray", limit=1)
    engine.run(job)
    assert parts_of(job)
    with pytest.raises(InputError, match=r"Ray is not installed: pip install 'vizlab\[scale\]'"):
        engine.run(job, address="auto")


def test_the_command(place: Path, data: Path, config: Path, here: Study) -> None:
    ran = CliRunner().invoke(app, ["study", str(config), "--data", str(data), "--out", str(place / "here"), "--here"])
    assert ran.exit_code == 0, ran.output
    assert "3 pictures, cen, nddr-cnn." in ran.output
    ran = CliRunner().invoke(app, ["study", str(config), "--data", str(data), "--here", "--address", "auto"])
    assert isinstance(ran.exception, VizlabError)
    assert "contradict" in str(ran.exception)


@pytest.mark.slow
def test_on_a_bare_machine(place: Path, data: Path, here: Study) -> None:
    """Without Ray and all that draws, and without an installation: the same numbers."""
    absent = "ray", "plotly", "gradio", "captum", "typer", "matplotlib"
    bare = ROOT / "vizlab/study/survey/bare.py"
    given = ["bare.py", str(place / "study.toml"), "--data", str(data), "--out", str(place / "bare")]
    program = f"""
import importlib.metadata, runpy, sys

known = importlib.metadata.version

def version(name):
    if name == "vizlab" and not any("vizlab-" in path for path in sys.path):
        raise importlib.metadata.PackageNotFoundError(name)
    return known(name)

importlib.metadata.version = version
sys.modules.update(dict.fromkeys({absent!r}))  # an import of these fails
sys.argv = {given!r}
runpy.run_path({str(bare)!r}, run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=place)
    assert done.returncode == 0, done.stderr
    assert_same_studies(load_study(place / "bare" / FILE), here)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("checkpoints = []\n" + TRACES, "expected a list of paths"),
        ("checkpoints = ['none.safetensors']\n" + TRACES, "no such file seen from"),
        ("checkpoints = ['cen.safetensors', './cen.safetensors']\n" + TRACES, "two checkpoints 'cen'"),
        ("checkpoints = ['cen.safetensors']\n", "asks for no measure"),
        ("checkpoints = ['cen.safetensors']\n[measures.guesses]\n", "no measure 'guesses'; known: traces"),
        ("checkpoints = ['cen.safetensors']\n[measures.traces]\nfoo = 1\n", "traces has no foo"),
        ("checkpoints = ['cen.safetensors']\n[measures.traces]\nevery = 0\n", "every of traces as 0"),
        ("checkpoints = ['cen.safetensors']\nbatch = true\n" + TRACES, "batch as True; expected a whole number"),
        ("checkpoints = ['cen.safetensors']\ndevice = 3\n" + TRACES, "device as 3; expected a text"),
        ("checkpoints = ['cen.safetensors']\npictures = 3\n" + TRACES, "sets pictures, which no study has"),
        ("checkpoints = [", "not a TOML file"),
    ],
)
def test_refused_configurations(tmp_path: Path, place: Path, config: Path, text: str, said: str) -> None:
    (tmp_path / "cen.safetensors").symlink_to(place / "cen.safetensors")
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(DataError, match=said):
        job_of(tmp_path / "bad.toml", place / "data", tmp_path / "out")


@pytest.mark.parametrize("given", ["run", "run/model.ckpt-9", "run/model.ckpt-9.index", "run/checkpoint"])
def test_a_checkpoint_of_several_files_is_one(tmp_path: Path, given: str) -> None:
    index = write_checkpoint(tmp_path / "run", {"w": np.zeros(3, np.float32)}, "model.ckpt-9")
    (tmp_path / "study.toml").write_text(f"checkpoints = ['{given}']\n" + TRACES)
    assert load_config(tmp_path / "study.toml").checkpoints == (index,)


def test_no_configuration(tmp_path: Path, data: Path) -> None:
    with pytest.raises(DataError, match="There is no configuration"):
        job_of(tmp_path / "none.toml", data, tmp_path)
