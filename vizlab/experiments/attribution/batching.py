"""How many examples at once: as many as memory has room for, and half of that when it had not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from vizlab.errors import InputError

T = TypeVar("T")

SHARE = 0.5
"""Of the free memory that is taken at most: others use the machine, too."""
OVERHEAD = 3
"""Times what a forward keeps for its backward: gradients, workspace, what captum copies."""
MOST = {"cuda": 32, "cpu": 8}
"""More at once than this makes nothing faster."""
UNKNOWN_FREE = 2 * 10**9
"""Bytes taken as free where the system does not say."""


def free_bytes(device: torch.device) -> int:
    """Memory that could be taken on `device` now."""
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0] + cached)
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return UNKNOWN_FREE


def kept_bytes(forward: Callable[[], T]) -> tuple[T, int]:
    """What `forward` returns, and the bytes it keeps for a backward, each storage counted once."""
    storages: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # a result that keeps itself would never be let go

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = forward()
    return result, sum(storages.values())


def batch_size(device: torch.device, bytes_each: int) -> int:
    """How many examples of `bytes_each` (kept for a backward) are run at once; at least one."""
    room = int(free_bytes(device) * SHARE) // max(1, OVERHEAD * bytes_each)
    return max(1, min(MOST.get(device.type, MOST["cpu"]), room))


def halving(compute: Callable[[int], T], size: int) -> T:
    """`compute(size)`, again with half of it whenever memory runs out; raises InputError where one is too many."""
    while True:
        try:
            return compute(size)
        except (torch.OutOfMemoryError, RuntimeError) as err:
            if not ran_out(err):
                raise
            if size == 1:
                raise InputError(
                    "There is not enough memory for gradients of even one picture; choose a smaller working size, "
                    "another device, or try again when others have finished."
                ) from err
        size = max(1, size // 2)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def ran_out(err: Any) -> bool:
    """Whether an error says that memory ran out; on a CPU torch has no type of its own for it."""
    return isinstance(err, torch.OutOfMemoryError) or "can't allocate memory" in str(err)
