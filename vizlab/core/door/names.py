"""The names a file of weights may refer to, and what stands in for those that are settings of its training.

Trainers store their options, scores and random states beside the weights. None of that is needed, so nothing of it is
imported: dictionaries of other packages become plain ones, everything else a `Setting` that keeps what it was given.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

_TORCH = re.compile(
    r"torch\.((cuda\.)?(storage\.)?(\w+Storage)"
    r"|u?int\d+|float\w+|bfloat16|bool|complex\d+|half|double|strided|Size|device|_utils\._rebuild_(tensor(_v[23])?|parameter(_with_state)?|sparse_tensor|qtensor)"
    r"|nn\.parameter\.Parameter|serialization\._get_layout|_tensor\._rebuild_from_type_v2|Tensor"
    r"|per_(tensor|channel)_\w+|q\w+)"
)
_PLAIN = ("collections.OrderedDict", "collections.Counter", "_codecs.encode", "builtins.set", "builtins.complex")
# Calling a storage makes one of any size, calling a tensor class as well.
_NEVER_CALLED = re.compile(r"torch\.((cuda\.)?(storage\.)?\w+Storage|Tensor)")

_MAPPINGS = re.compile(
    r".*\.(CfgNode|EasyDict|AttrDict|AttributeDict|ConfigDict|DotDict|dotdict|DotMap|Munch|Bunch|Addict|adict|edict)"
    r"|addict\.addict\.Dict|box\.\w+\.Box|munch\.\w+"
)
_SETTINGS = re.compile(
    r"argparse\.Namespace|types\.SimpleNamespace|optparse\.Values|.*\.(Namespace|HParams|Hparams)"
    r"|omegaconf\.[\w.]+|typing\.(Any|Union|Optional|List|Dict)"
    r"|builtins\.(dict|list|tuple|int|float|str|bool|bytes|frozenset|range|slice)"
    r"|pathlib\.\w*Path|pathlib\._local\.\w*Path|datetime\.\w+|decimal\.Decimal|fractions\.Fraction|uuid\.UUID"
    r"|numpy\.(ndarray|dtype|\w+_|u?int\d+|float\d+|dtypes\.\w+DType)"
    r"|numpy\.(_?core)\.(multiarray\.(scalar|_reconstruct)|numeric\._frombuffer)"
    r"|numpy\.random\.[\w.]+|functools\.partial"
    r"|(pytorch_)?lightning(_fabric|_utilities)?\.[\w.]+|torch\.(nn|optim)\.[\w.]+|torch\.(distributed\.)?torch_version\.TorchVersion|torch\.torch_version\.\w+"
)


class Setting:
    """What a file says beside its weights, in place of an object of a class that is not imported."""

    given: Any

    def __new__(cls, *given: Any) -> "Setting":
        # An unpickler calls this alone, never __init__.
        setting = super().__new__(cls)
        setting.given = given
        return setting

    def __setstate__(self, state: Any) -> None:
        self.given = state


def _mapping(*given: Any) -> OrderedDict[Any, Any]:
    return OrderedDict()


def stand_ins(names: Iterable[str]) -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """What `torch.serialization.safe_globals` takes, for the names among these that are settings."""
    return [(standing, name) for name in names if (standing := _stand_in(name)) is not None]


def _stand_in(name: str) -> Callable[..., Any] | None:
    if name == "collections.defaultdict":
        return _mapping
    if _MAPPINGS.fullmatch(name):
        return OrderedDict
    return Setting if _SETTINGS.fullmatch(name) else None


def refused(names: Iterable[str], called: Iterable[str]) -> list[str]:
    """The names that no file of weights needs, and those it may mention but not call; sorted."""
    strange = {n for n in names if n not in _PLAIN and not _TORCH.fullmatch(n) and _stand_in(n) is None}
    return sorted(strange | {name for name in called if _NEVER_CALLED.fullmatch(name)})
