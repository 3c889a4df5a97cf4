"""A folder of checkpoints kept in step: the cards inside the files, the Markdown beside them, a table in a README."""

from collections.abc import Iterable
from pathlib import Path

from vizlab.core.door import load_model, save_checkpoint
from vizlab.core.model import Model
from vizlab.core.outputs import answers
from vizlab.core.registry import methods
from vizlab.errors import DataError, InputError
from vizlab.replacing import replace_text
from vizlab.study.cards.contents import curves_of, others_of, result_of, with_baselines, with_evaluation
from vizlab.study.cards.sections import NOT_COMPARABLE, card_markdown, published_rows
from vizlab.study.effects import counted, effect_of, share_of
from vizlab.study.evaluation.baselines import FILE, read_baselines
from vizlab.study.evaluation.curve import Curve
from vizlab.study.evaluation.results import Result
from vizlab.study.evaluation.table import COLUMNS, Column, Row, markdown, remarks, rows_in, rows_of, table
from vizlab.study.marked import Marks

SUFFIX = ".safetensors"
MARKS = Marks("the table", "<!-- checkpoints: written by `vizlab cards` -->", "<!-- /checkpoints -->")
"""The table of a README stands between these lines."""
PRECISION = (
    "Figures are in bfloat16 where a row does not say float32. CPUs with AVX512-BF16 or AMX and recent GPUs run in "
    "bfloat16 unless told otherwise, others in float32."
)
FILE_SIZE = Column("file MB", lambda row: row.file and row.file / 1e6)


def check_has_card(path: Path) -> None:
    """Raise InputError for a file of another format than vizlab's, which has no place for a card."""
    if path.suffix != SUFFIX:
        raise InputError(f"{path.name} has no card to store figures in; expected a vizlab {SUFFIX} file.")


def store_evaluation(path: Path, result: Result, curve: Curve | None = None, baselines: Iterable[Result] = ()) -> None:
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
    replace_text(path.with_suffix(".md"), card_markdown(model), DataError)
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
    effects: list[str] = []
    for path in _checkpoints(folder):
        model = load_model(path, "cpu")
        if (result := result_of(model)) is None:
            continue
        results.append(result)
        others = [row for other in others_of(model) for row in rows_in(other)]
        rows += [*rows_of(result, baselines, path.stat().st_size), *others, *_cut_apart(model)]
        effects += _effects(model)
    published = published_rows(row for method in methods().values() for row in method.literature)
    rows += [Row(f"baseline: {row.name}", row.scores, row.cost) for b in baselines for row in rows_of(b)]
    rows += [Row(f"published: {row.name}", row.scores) for row in published]
    sentences = [
        *remarks([*results, *baselines], baselines),
        *effects,
        PRECISION,
        f"Published rows: {NOT_COMPARABLE} with the others.",
    ]
    return "\n\n".join(
        [markdown(table(rows, [*COLUMNS, FILE_SIZE])), "\n".join(f"- {sentence}" for sentence in sentences)]
    )


def write_readme(readme: Path, folder: Path) -> None:
    """Put `readme_section` between the two marks of `readme`. Raises InputError if they are not there."""
    MARKS.read(readme)  # a README without the marks is told of before anything else
    MARKS.write(readme, readme_section(folder))


def _cut_apart(model: Model) -> list[Row]:
    """What the network's curves say of it with its streams cut apart."""
    rows = []
    for curve in curves_of(model):
        name = effect_of(curve.control).off
        rows += [Row(f"{model.name}, {name}", answers(p.outputs)) for p in curve.points if p.value is None]
    return rows


def _effects(model: Model) -> list[str]:
    """A sentence for each control: how much of what it decides happens in this network."""
    sentences = []
    for control in counted(model.method, model.config):
        effect, share = effect_of(control), share_of(model, control)
        own = f"its {control.name} of {model.settings[control.name]:g}"
        sentences.append(f"{model.name} {effect.verb} {100 * share:.1f} % of the {effect.what} at {own}.")
    return sentences


def _checkpoints(folder: Path) -> list[Path]:
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    if not paths:
        raise InputError(f"'{folder}' holds no {SUFFIX} file; give a folder of checkpoints.")
    return paths
