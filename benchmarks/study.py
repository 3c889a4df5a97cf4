"""A study of traces alone against plain batched inference with the same loading: pictures a second, as a ratio.

python -m benchmarks.study [--checkpoint FILE] [--data FOLDER] [--pictures 32] [--batch 8] [--runs 5] [--ray]

Every run is a process of its own, the two take turns. Plain inference reads one batch ahead in a thread, as the study
does, and either stops at the network's outputs or also scores them, as the study does or does not. With --ray the study
runs on all cores, a worker each, and plain inference in one process with a thread for each core; what Ray takes to
start is told apart, and receipts come in bunches, so take many pictures. Seconds of processor say less of what else
runs on the machine. Without --data the bundled scenes are the pictures, over and over.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from vizlab.bundled import folder
from vizlab.core.door import load_model
from vizlab.study.data import RGBDFolder, Sample
from vizlab.study.survey import engine
from vizlab.study.survey.batch import batches
from vizlab.study.survey.config import Asked, StudyConfig
from vizlab.study.survey.job import make_job
from vizlab.study.survey.scores import score

DEFAULT = Path("checkpoints/cen-mobilenetv2-nyuv2.safetensors")
WARM_UP = 1
"""Batches before the clock starts: the first one loads what later ones have."""


def write_scenes(root: Path, pictures: int) -> Path:
    """The bundled scenes as a data folder of so many pictures."""
    scenes = sorted(folder("scenes").glob("*/scene.json"))
    for kind in ("rgb", "depth", "label40"):
        (root / kind).mkdir(parents=True)
    for number in range(pictures):
        scene = scenes[number % len(scenes)].parent
        for kind, file in (("rgb", "rgb.jpg"), ("depth", "depth.png"), ("label40", "label.png")):
            shutil.copyfile(scene / file, root / kind / f"{number:04d}{Path(file).suffix}")
    (root / "test.txt").write_text("\n".join(f"{number:04d}" for number in range(pictures)))
    return root


def chunks(data: RGBDFolder, size: int) -> Iterator[tuple[range, list[Sample]]]:
    """Places and pictures of each batch; the next one's are read meanwhile."""
    starts = [range(start, min(start + size, len(data))) for start in range(0, len(data), size)]
    with ThreadPoolExecutor(1) as reader:
        coming = [reader.submit(data.read, place) for place in starts[0]]
        for number, places in enumerate(starts):
            samples = [one.result() for one in coming]
            later = starts[number + 1] if number + 1 < len(starts) else ()
            coming = [reader.submit(data.read, place) for place in later]
            yield places, samples


def plain(given: argparse.Namespace, scores: bool, threads: int) -> list[float]:
    """Of a plain loop: pictures a second, seconds of processor a picture."""
    torch.set_num_threads(threads)
    model = load_model(given.checkpoint, given.device, precision="float32")
    data = RGBDFolder(given.data, "test", given.pictures)
    started, used = time.perf_counter(), time.process_time()
    for number, (places, samples) in enumerate(chunks(data, given.batch)):
        for batch in batches(model, places, samples):
            outputs = model.forward(batch.inputs)
            if scores:
                score(outputs, batch)
            elif model.device.type == "cuda":
                torch.cuda.synchronize()
        if number + 1 == WARM_UP:
            started, used = time.perf_counter(), time.process_time()
    count = len(data) - WARM_UP * given.batch
    return [count / (time.perf_counter() - started), (time.process_time() - used) / count]


def study(given: argparse.Namespace, scores: bool, ray: bool) -> list[float]:
    """The same of a study of traces, and its pictures a second with its start counted in."""
    asked = Asked("traces", 1, {"scores": scores})
    config = StudyConfig((given.checkpoint.resolve(),), (asked,), batch=given.batch, device=given.device)
    with tempfile.TemporaryDirectory() as out:
        begun = time.perf_counter()
        job, _ = make_job(config, given.data, Path(out), given.pictures)
        times, used, rows = [begun], [0.0], [0]

        def progress(count: int) -> None:
            times.append(time.perf_counter())
            used.append(time.process_time())
            rows.append(rows[-1] + count)

        engine.run(job, progress, here=not ray)
    # Each picture has two rows, its own and the network's; the first batches are as in `plain`.
    first = next(i for i, count in enumerate(rows) if count >= 2 * WARM_UP * given.batch)
    count = (rows[-1] - rows[first]) / 2
    speed, whole = count / (times[-1] - times[first]), given.pictures / (times[-1] - begun)
    return [speed, (used[-1] - used[first]) / count, whole]


def one_run(given: argparse.Namespace) -> list[float]:
    """What a process of its own is asked for."""
    kind, scores = given.run.split()
    if kind == "plain":
        return plain(given, scores == "scored", torch.get_num_threads() if given.ray else 1)
    return study(given, scores == "scored", given.ray)


def asked(given: argparse.Namespace, run: str) -> list[float]:
    options = {"checkpoint": given.checkpoint, "data": given.data, "pictures": given.pictures, "batch": given.batch}
    command = [sys.executable, "-m", "benchmarks.study", "--run", run, "--device", given.device]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    done = subprocess.run([*command, *(["--ray"] if given.ray else [])], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(given: argparse.Namespace, scores: str) -> None:
    speeds: dict[str, list[list[float]]] = {"plain": [], "study": []}
    for _ in range(given.runs):
        for kind, found in speeds.items():
            found.append(asked(given, f"{kind} {scores}"))
    pairs = list(zip(speeds["plain"], speeds["study"], strict=True))
    speed, processor = [own[0] / base[0] for base, own in pairs], [base[1] / own[1] for base, own in pairs]
    whole = statistics.median(own[2] for own in speeds["study"])
    print(
        f"{scores}: pictures a second, study / plain {middle(speed)}; {whole:.2f} a second with the start", flush=True
    )
    if not given.ray:  # else the work is other processes'
        print(f"{scores}: pictures a second of processor time, study / plain {middle(processor)}", flush=True)


def middle(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=DEFAULT)
    parser.add_argument("--data", type=Path, help="a data folder with a test.txt")
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--ray", action="store_true", help="on Ray, with all cores")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.run:
        print(json.dumps(one_run(given)))
        return
    with tempfile.TemporaryDirectory() as made:
        if given.data is None:
            given.data = write_scenes(Path(made) / "data", given.pictures)
        for scores in ("unscored", "scored"):
            compare(given, scores)


if __name__ == "__main__":
    main()
