"""Every error vizlab raises on purpose.

Each message is one sentence or two that say what was found, what was expected and the way out; the page
shows it as it stands.
"""

from collections.abc import Sequence


class VizlabError(Exception):
    """The root of the tree: catch this to catch everything vizlab raises on purpose."""


class InputError(VizlabError):
    """A picture, depth map or setting the user gave cannot be used."""


class CheckpointError(VizlabError):
    """A weights file cannot be read, recognised or loaded."""


class UnsaidError(CheckpointError):
    """A weights file is fine, but does not say something that decides what network it holds: it can be given.

    `question` says what is open, without a full stop and in no door's words; `parameter` is `load_model`'s, `choices`
    are the values that would do, each as `load_model` takes it. The message adds how Python gives one.
    """

    def __init__(self, question: str, parameter: str, choices: Sequence[str | tuple[str, ...]]) -> None:
        known = " or ".join(repr(choice) for choice in choices)
        super().__init__(f"{question}; give {parameter}={known}.")
        self.question, self.parameter, self.choices = question, parameter, tuple(choices)


class IncompatibleInputError(VizlabError):
    """The picture is fine, but it lacks what this network needs."""


class CancelledError(VizlabError):
    """Whoever asked for a run gave it up before it ended."""


class BusyError(VizlabError):
    """So many wait for their turn already that nobody else can; later there is room again."""


class TimeLimitError(VizlabError):
    """A run took longer than its operator allows."""


class LostError(VizlabError):
    """What ran for a visitor elsewhere ended before it had answered; asked again it may answer."""


class TraceError(VizlabError):
    """A saved trace cannot be read, or a view is asked for something the trace does not hold."""


class DataError(VizlabError):
    """A data set folder or a training configuration is incomplete or inconsistent."""


def one_line(text: object, longest: int = 200) -> str:
    """`text` as part of a sentence: one line of printable characters, cut with an ellipsis at `longest`.

    Whatever a file says about itself (names, types, another library's complaint) goes through here, since a damaged or
    hostile one can say megabytes.
    """
    start = str(text)[: 4 * longest]  # enough to see that it goes on, however much there is
    words = "".join(c if c.isprintable() else " " for c in start).split()
    line = " ".join(words)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
