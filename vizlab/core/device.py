"""Where and how precisely networks run."""

from typing import Literal, get_args

import torch

from vizlab.errors import InputError

Precision = Literal["float32", "bfloat16"]
"""The number format of convolutions and matrix products; weights are kept in float32 either way."""


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name ("cpu", "cuda", "cuda:1", ...); "auto" takes CUDA where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as err:
        raise InputError(f"'{name}' is no device; expected auto, cpu, cuda or cuda:N.") from err
    if device.type not in ("cpu", "cuda"):
        raise InputError(f"Networks run on cpu or cuda; '{name}' is neither. Use device='auto'.")
    if device.type == "cuda":
        _check_cuda(name, device)
    return device


def _check_cuda(name: str, device: torch.device) -> None:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        raise InputError(
            f"Device '{name}' was asked for, but this machine or this build of torch has no CUDA; use device='cpu', "
            "or install a CUDA build of torch."
        )
    if device.index is not None and device.index >= count:
        raise InputError(f"Device '{name}' was asked for, but there are {count} CUDA devices: cuda:0 to {count - 1}.")


def threads() -> str:
    """How many of a CPU's torch computes on, in words: "1 thread", "8 threads"."""
    count = torch.get_num_threads()
    return f"{count} thread" if count == 1 else f"{count} threads"


def default_precision(device: torch.device) -> Precision:
    """bfloat16 where the hardware computes in it (a CPU with AVX512-BF16 or AMX, a recent GPU), else float32."""
    return "bfloat16" if _has_bfloat16(device) else "float32"


def pick_precision(name: str, device: torch.device) -> Precision:
    """ "auto" is the device's default; "float32" and "bfloat16" are taken as they are."""
    if name == "auto":
        return default_precision(device)
    for known in get_args(Precision):
        if name == known:
            return known
    raise InputError(f"Precision '{name}' is unknown; expected auto, float32 or bfloat16.")


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Without such instructions torch emulates bfloat16, several times slower than float32.
    if not hasattr(torch.cpu, "get_capabilities"):  # older releases know only these two
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
