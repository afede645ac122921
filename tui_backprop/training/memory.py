"""How much memory a run needs, told before any of it is allocated."""

import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui_backprop.settings.catalogue import OPTIMIZER_BY_NAME, load
from tui_backprop.settings.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    # It brings NumPy, which the command line's help does without.
    from tui_backprop.nn.blueprint import Blueprint

_MOST_AT_ONCE = 1000
_NUMBERS_AT_ONCE = 10_000_000
_ARRAYS_PER_PARAMETER = 4
"""The parameter, its gradient, its update, and one more while a checkpoint is written."""

_COPIES_OF_A_TAPE = 3
"""Where it is made, on the way to the screen, and there."""


class NotEnoughMemoryError(ValueError):
    """A run would not fit. `field` is the hyperparameter that asks for the most."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def parameter_bytes(blueprint: "Blueprint", hyperparameters: Hyperparameters) -> int:
    """Return the bytes of all that there is of each parameter, and of drawing the first weights."""
    plans = blueprint.parameter_plans.values()
    drawn = max((plan.size for plan in plans if plan.fan_in is not None), default=0)
    optimizer = load(OPTIMIZER_BY_NAME[hyperparameters.optimizer].path)
    # The state before a step and after it.
    arrays: int = _ARRAYS_PER_PARAMETER + 2 * len(optimizer.STATE) + optimizer.SPARE
    arrays += hyperparameters.clip > 0
    return arrays * _itemsize(hyperparameters) * blueprint.parameter_count + 2 * 8 * drawn


def samples_at_once(blueprint: "Blueprint") -> int:
    """Return how many samples an evaluation scores at a time.

    Enough of them for the matrix product, few enough for the cache; of nets that make much of each,
    as many as take some tenths of a second.
    """
    return max(1, min(_MOST_AT_ONCE, _NUMBERS_AT_ONCE // blueprint.numbers_per_sample))


def batch_bytes(blueprint: "Blueprint", hyperparameters: Hyperparameters) -> int:
    """Return the bytes of a minibatch, stored and scaled, on its way through the net and back."""
    rows = hyperparameters.batch_size + samples_at_once(blueprint)
    stored = math.prod(blueprint.sample)
    return rows * (stored + _itemsize(hyperparameters) * blueprint.numbers_per_sample)


def tape_bytes(blueprint: "Blueprint", hyperparameters: Hyperparameters) -> int:
    """Return the bytes of a walkthrough: each parameter before, its gradient and after; each unit
    forward and backward.
    """
    units = 2 * hyperparameters.batch_size * blueprint.numbers_per_sample
    numbers = 3 * blueprint.parameter_count + units
    return _COPIES_OF_A_TAPE * _itemsize(hyperparameters) * numbers


def check_walkthrough_memory(
    hyperparameters: Hyperparameters, blueprint: "Blueprint", available: int | None
) -> None:
    """Refuse a walkthrough that needs more than `available` bytes; None means that nobody knows.

    Raises:
        NotEnoughMemoryError: in one line with the estimate.
    """
    needed = tape_bytes(blueprint, hyperparameters)
    if available is not None and needed > available:
        raise NotEnoughMemoryError(
            "layers" if hyperparameters.layers else "hidden",
            f"a walkthrough of {blueprint.parameter_count:,} parameters would need about"
            f" {_gigabytes(needed)} of memory, but {_gigabytes(available)} are free",
        )


def check_memory(
    hyperparameters: Hyperparameters, blueprint: "Blueprint", available: int | None
) -> None:
    """Refuse a run that needs more than `available` bytes; None means that nobody knows.

    Raises:
        NotEnoughMemoryError: in one line with the estimate.
    """
    if available is None:
        return
    net = parameter_bytes(blueprint, hyperparameters)
    batch = batch_bytes(blueprint, hyperparameters)
    if net + batch <= available:
        return
    if net >= batch:
        field, asked = "hidden", f"hidden units {','.join(map(str, hyperparameters.hidden))}"
        if hyperparameters.layers:
            field, asked = "layers", "these layers"
        elif len(asked) > 60:
            asked = f"{len(hyperparameters.hidden)} hidden layers"
        asked += f": {blueprint.parameter_count:,} parameters"
    else:
        field, asked = "batch_size", f"batch size {hyperparameters.batch_size:,}: this net"
    raise NotEnoughMemoryError(
        field,
        f"{asked} would need about {_gigabytes(net + batch)} of memory,"
        f" but {_gigabytes(available)} are free",
    )


def check_batch_memory(
    before: Hyperparameters,
    wanted: Hyperparameters,
    blueprint: "Blueprint",
    available: int | None,
) -> None:
    """Refuse a larger minibatch for a net that is there, as `check_memory` does for a new one.

    Raises:
        NotEnoughMemoryError: in one line with the estimate.
    """
    if available is None or wanted.batch_size <= before.batch_size:
        return
    needed = batch_bytes(blueprint, wanted)
    if needed > available:
        raise NotEnoughMemoryError(
            "batch_size",
            f"batch size {wanted.batch_size:,}: this net would need about {_gigabytes(needed)} of"
            f" memory for it, but {_gigabytes(available)} are free",
        )


def available_memory() -> int | None:
    """Return the bytes that this process may still take without swapping; None if unknown."""
    sources = _free_in_machine(), _free_in_container(), _left_in_limit()
    known = [n for n in sources if n is not None]
    return min(known, default=None)


def _free_in_machine() -> int | None:
    if sys.platform == "win32":
        return _free_on_windows()
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        # No Linux, or one that hides it: what is built in must do.
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


def _free_in_container() -> int | None:
    """Return what the control group's limit leaves, where there is one."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text("ascii"))
        used = int((group / "memory.current").read_text("ascii"))
        usage = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        # Cached files count as used, but give way.
        return max(0, limit - used + int(usage.get("inactive_file", 0)))
    except (OSError, ValueError):
        return None


def _left_in_limit() -> int | None:
    """Return what a limit on this process's address space leaves, as `ulimit -v` sets it."""
    if sys.platform == "win32":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return max(0, limit - pages * resource.getpagesize())


def _free_on_windows() -> int | None:
    if sys.platform != "win32":
        return None
    import ctypes

    class MemoryStatus(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.free)


def _itemsize(hyperparameters: Hyperparameters) -> int:
    return 8 if hyperparameters.dtype == "float64" else 4


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
