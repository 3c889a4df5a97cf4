"""A folder of checkpoints kept in step: the cards inside the files, the Markdown beside them, a table in a README."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from vizlab.cards.contents import curve_of, result_of, with_baselines, with_evaluation
from vizlab.cards.sections import card_markdown, published_rows
from vizlab.errors import InputError
from vizlab.evaluation.baselines import FILE, read_baselines
from vizlab.evaluation.literature import NOT_COMPARABLE
from vizlab.evaluation.results import Result, ThresholdPoint
from vizlab.evaluation.run import exchanged_share, exchanges
from vizlab.evaluation.table import COLUMNS, Column, Row, markdown, remarks, rows_of, table
from vizlab.marked import Marks
from vizlab.models.model import Model
from vizlab.weights import load_model, save_checkpoint

SUFFIX = ".safetensors"
MARKS = Marks("the table", "<!-- checkpoints: written by `vizlab cards` -->", "<!-- /checkpoints -->")
"""The table of a README stands between these lines."""
FILE_SIZE = Column("file MB", lambda row: row.file and row.file / 1e6)


def check_has_card(path: Path) -> None:
    """Raise InputError for a file of another format than vizlab's, which has no place for a card."""
    if path.suffix != SUFFIX:
        raise InputError(f"{path.name} has no card to store figures in; expected a vizlab {SUFFIX} file.")


def store_evaluation(
    path: Path, result: Result, curve: Sequence[ThresholdPoint] = (), baselines: Iterable[Result] = ()
) -> None:
    """Put what was measured into the card of the vizlab file `path`, and the Markdown beside it.

    Raises InputError for a file of another format.
    """
    check_has_card(path)
    model = load_model(path, "cpu")
    model.card = with_evaluation(model.card, result, curve)
    save_checkpoint(path, model.network, model.config, model.card)
    refresh_card(path, baselines)


def refresh_card(path: Path, baselines: Iterable[Result]) -> Model:
    """Bring the baselines in the card, and the Markdown beside the file, up to date; the file's model.

    The file is left untouched where its card would not change.
    """
    model = load_model(path, "cpu")
    result = result_of(model)
    if result is not None:
        card = with_baselines(model.card, result, baselines)
        if card != model.card:
            save_checkpoint(path, model.network, model.config, card)
            model = load_model(path, "cpu")
    path.with_suffix(".md").write_text(card_markdown(model))
    return model


def refresh_folder(folder: Path) -> list[Path]:
    """`refresh_card` for every checkpoint of `folder`, with the baselines of its baselines.json; their paths.

    Raises InputError if there is none.
    """
    paths = _checkpoints(folder)
    baselines = read_baselines(folder / FILE)
    for path in paths:
        refresh_card(path, baselines)
    return paths


def readme_section(folder: Path) -> str:
    """The table of all checkpoints, baselines and published figures of `folder`, and what must be said of it."""
    baselines = read_baselines(folder / FILE)
    rows: list[Row] = []
    results: list[Result] = []
    exchanged: list[str] = []
    for path in _checkpoints(folder):
        model = load_model(path, "cpu")
        if (result := result_of(model)) is None:
            continue
        results.append(result)
        rows += [*rows_of(result, baselines, path.stat().st_size), *_exchange_off(model)]
        if exchanges(model):
            exchanged.append(
                f"{model.name} exchanges {exchanged_share(model):.1%} of the eligible channels at its threshold of "
                f"{model.config.threshold:g}."
            )
    rows += [Row(f"baseline: {row.name}", row.figures, row.cost) for b in baselines for row in rows_of(b)]
    rows += [Row(f"published: {row.name}", row.figures) for row in published_rows()]
    sentences = [
        *remarks([*results, *baselines], baselines),
        *exchanged,
        f"Published rows: {NOT_COMPARABLE} with the others.",
    ]
    return "\n\n".join(
        [markdown(table(rows, [*COLUMNS, FILE_SIZE])), "\n".join(f"- {sentence}" for sentence in sentences)]
    )


def write_readme(readme: Path, folder: Path) -> None:
    """Put `readme_section` between the two marks of `readme`. Raises InputError if they are not there."""
    MARKS.read(readme)  # a README without the marks is told of before anything else
    MARKS.write(readme, readme_section(folder))


def _exchange_off(model: Model) -> list[Row]:
    off = next((point for point in curve_of(model) if point.threshold is None), None)
    if off is None:
        return []
    answers = {
        name.partition("/")[0]: v for name, v in off.outputs.items() if name.partition("/")[2] in ("", "ensemble")
    }
    return [Row(f"{model.name}, exchange switched off", answers)]


def _checkpoints(folder: Path) -> list[Path]:
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    if not paths:
        raise InputError(f"'{folder}' holds no {SUFFIX} file; give a folder of checkpoints.")
    return paths
