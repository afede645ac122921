"""One line beside somebody's own training loop in PyTorch, and it can be watched."""

import os
import sys
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from tui_backprop.own.any_run_recorder import AnyRunRecorder, user_storage
from tui_backprop.pytorch.isolation import plain_model
from tui_backprop.pytorch.norms import Look, NamedParameter
from tui_backprop.runs.format.layers import MAX_ROWS
from tui_backprop.runs.writer import RunStorage

READ_SECONDS = 0.1
"""Least time between two numbers that are read from a device, which has to wait for them."""

SHARE = 0.001
"""Largest share of the time that looking at parameters may take, and that logging may."""

DENSE = 128
"""Of so many first steps each has a point, unless it has to be read from a device."""

PACE_STEPS = 16
"""After so many steps it is known how long one takes."""

MOST_LEFT_ALONE = 256
"""Steps between two looks at the clock, at most: they may become slower."""

LOOK_SECONDS = 0.5
"""Least time between two looks at the parameters."""

LONGEST_PAUSE = 1.0
"""But of each metric there is a point so often, whatever that takes."""


@dataclass(slots=True)
class _Pending:
    """How far the run is, and what was logged but not written yet.

    Until the iterations that are due nothing is looked at, not even the clock: between two products
    of matrices each line of Python costs some microseconds.
    """

    iteration: int = 0
    look_due: int = 0
    log_due: int = 0
    values: dict[str, float] = field(default_factory=dict)


class Recorder:
    """Records a training loop, so that `tui-backprop watch` shows it live.

        recorder = Recorder(model, optimizer, "my net")
        for x, t in batches:
            ...
            optimizer.step()
            recorder.log(loss=loss)

    Steps are counted by the optimizer's own hooks. Twice a second at most they look at the
    gradients, before anybody sets them to zero, and at what the step has changed. Gradients that
    a GradScaler has scaled are shown as they are without. Of several processes the one of rank 0
    records; of sharded parameters its own shards are shown. Nothing here raises once it is made:
    what goes wrong is told once on standard error.

    The run ends with the program, or with a `with` block: finished, or interrupted by an error.

    Args:
        model: its parameters' names are shown.
        optimizer: its steps are counted; its parameters are those looked at.
        name: what the run is called.
        runs_dir: where runs are kept, if not where the program keeps them.
        storage: where and by which clocks it is kept; for tests.

    Raises:
        TypeError: `model` is no module, or `optimizer` no optimizer.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        name: str,
        *,
        runs_dir: str | Path | None = None,
        storage: RunStorage | None = None,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"model: is {type(model).__name__}, must be a torch.nn.Module")
        if not isinstance(optimizer, torch.optim.Optimizer):
            kind = type(optimizer).__name__
            raise TypeError(f"optimizer: is {kind}, must be a torch.optim.Optimizer")
        self._recorder: AnyRunRecorder | None = None
        self._pending = _Pending()
        self._next: dict[str, float] = {}
        if _rank() != 0:
            return
        storage = storage or user_storage(runs_dir)
        program = f"PyTorch {torch.__version__}"
        self._recorder = AnyRunRecorder(name, storage, program=program)
        self._clock: Callable[[], float] = storage.clock
        self._model = weakref.ref(model)
        self._optimizer = weakref.ref(optimizer)
        self._next_look = float("-inf")
        self._look: Look | None = None
        self._compares = True
        self._marked = 0, self._clock()
        self._step_seconds = 0.0
        self._spent = 0.0
        self._looks = 0
        self._hook_before: RemovableHandle | None = None
        self._hook_after = optimizer.register_step_post_hook(self._after_step)
        self._listen_before_steps(optimizer)
        # At the program's end, or when the optimizer that holds the hooks is gone.
        self._end = weakref.finalize(self, _end, self._recorder, self._pending)

    @property
    def run_id(self) -> str | None:
        """The run's id, once something was recorded: `tui-backprop watch ID` shows it."""
        return self._recorder.run_id if self._recorder else None

    def log(self, metrics: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Take numbers of the iteration: `recorder.log(loss=loss, train_accuracy=0.9)`.

        Where steps are short, not each of them has a point. A tensor on a device is read ten times
        a second at most.

        Args:
            metrics: numbers by name, for names that Python does not allow: `{"train/loss": 0.3}`.
            more: numbers or tensors of one number, by name; `epoch` says where the run is.
        """
        pending = self._pending
        if pending.iteration < pending.log_due and not metrics and more.keys() <= self._next.keys():
            return
        if self._recorder is None:
            return
        try:
            self._log(self._recorder, {**metrics, **more} if metrics else more)
        except Exception as error:
            # Somebody's training must not end by this.
            self._recorder.warn_of(error, "pytorch")

    def finish(self) -> None:
        """End the run. What is logged later is left out."""
        if self._recorder is not None:
            for hook in (self._hook_before, self._hook_after):
                if hook is not None:
                    hook.remove()
            self._end()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run: finished, or interrupted by what ended the block."""
        if self._recorder is not None and error is not None:
            # Before the end: what comes after it is left out.
            _log_pending(self._recorder, self._pending)
            self._recorder.end(error)
        self.finish()

    def _log(self, recorder: AnyRunRecorder, given: Mapping[str, Any]) -> None:
        pending, now, following = self._pending, self._clock(), self._next
        due: list[str] = []
        for name, value in given.items():
            if now >= following.get(name, now):
                due.append(name)
            elif type(value) is float:
                # A tensor is not kept: with a loss would be all that it was made of.
                pending.values[name] = value
        if due:
            self._write(recorder, {name: given[name] for name in due})
        if following:
            pending.log_due = pending.iteration + self._steps_in(min(following.values()) - now)

    def _write(self, recorder: AnyRunRecorder, given: Mapping[str, Any]) -> None:
        began, is_new = self._clock(), recorder.run_id is None
        waits = any(isinstance(v, torch.Tensor) and not v.is_cpu for v in given.values())
        values = recorder.numbers_of(given)
        if values:
            recorder.log(self._pending.iteration, values)
        ended = self._clock()
        # That the run's directory was made counts for nothing.
        share = 0.0 if is_new else (ended - began) / SHARE / len(given)
        pause = min(share * len(self._next.keys() | given.keys()), LONGEST_PAUSE)
        if waits:
            pause = max(READ_SECONDS, pause)
        elif self._pending.iteration < DENSE:
            pause = 0.0
        self._next.update(dict.fromkeys(given, ended + pause))
        for name in given:
            self._pending.values.pop(name, None)

    def _after_step(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        pending = self._pending
        pending.iteration += 1
        if pending.iteration < pending.look_due:
            return
        now = self._clock()
        self._learn_pace(now)
        if now >= self._next_look:
            self._end_or_begin_look(optimizer)
        pending.look_due = pending.iteration + self._steps_in(self._next_look - now)

    def _learn_pace(self, now: float) -> None:
        """Learn how long a step takes."""
        iteration, then = self._marked
        if self._pending.iteration - iteration >= PACE_STEPS or now - then >= LOOK_SECONDS:
            self._step_seconds = (now - then) / (self._pending.iteration - iteration)
            self._marked = self._pending.iteration, now

    def _steps_in(self, seconds: float) -> int:
        """Return how many steps can be left alone in this time, were they twice as slow."""
        if not self._step_seconds > 0:
            return 0
        return max(0, min(MOST_LEFT_ALONE, int(seconds / self._step_seconds / 2)))

    def _end_or_begin_look(self, optimizer: torch.optim.Optimizer) -> None:
        """Look at the step just made, if it was looked at before; or have the next looked at."""
        recorder, look = self._recorder, self._look
        if recorder is None:
            return
        try:
            if look is None:
                self._listen_before_steps(optimizer)
                return
            began = self._clock()
            recorder.log(self._pending.iteration, _learning_rates(optimizer), look.end())
            now = self._clock()
            pause = max(LOOK_SECONDS, (self._spent + now - began) / SHARE)
            self._next_look = now + (0.0 if self._looks == 0 else pause)
            self._looks += 1
        except Exception as error:
            recorder.warn_of(error, "pytorch")
            self._next_look = self._clock() + LOOK_SECONDS
        self._look = None

    def _listen_before_steps(self, optimizer: torch.optim.Optimizer) -> None:
        if self._hook_before is None:
            self._hook_before = optimizer.register_step_pre_hook(self._before_step)

    def _before_step(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        recorder, hook = self._recorder, self._hook_before
        if recorder is None or hook is None or _captures():
            return
        try:
            # The next step need not stop here.
            hook.remove()
            self._hook_before = None
            began = self._clock()
            scale = getattr(optimizer, "grad_scale", None)
            self._look = self._looked(recorder, self._named(optimizer), scale)
            self._spent = self._clock() - began
        except Exception as error:
            self._look = None
            self._next_look = self._clock() + LOOK_SECONDS
            recorder.warn_of(error, "pytorch")

    def _looked(
        self, recorder: AnyRunRecorder, named: list[NamedParameter], scale: torch.Tensor | None
    ) -> Look:
        try:
            return Look(named, scale, compares=self._compares)
        except (MemoryError, torch.cuda.OutOfMemoryError):
            if not self._compares:
                raise
            recorder.warn("memory", "no room for a copy of the parameters: updates are not shown")
            self._compares = False
            return Look(named, scale, compares=False)

    def _named(self, optimizer: torch.optim.Optimizer) -> list[NamedParameter]:
        """Return the optimizer's parameters that have a gradient, by their names in the model."""
        model = self._model()
        names: dict[int, str] = {}
        if model is not None:
            names = {id(p): name for name, p in plain_model(model).named_parameters()}
        found = [
            NamedParameter(names.get(id(p), f"group {g}.{n}"), p)
            for g, group in enumerate(optimizer.param_groups)
            for n, p in enumerate(group["params"])
            if p.grad is not None
        ]
        order = {name: place for place, name in enumerate(names.values())}
        found.sort(key=lambda p: order.get(p.name, len(order)))
        return found[:MAX_ROWS]


def _end(recorder: AnyRunRecorder, pending: _Pending) -> None:
    _log_pending(recorder, pending)
    # Set where an error has ended the program.
    recorder.end(getattr(sys, "last_value", None))


def _log_pending(recorder: AnyRunRecorder, pending: _Pending) -> None:
    given, pending.values = pending.values, {}
    if given:
        recorder.log(pending.iteration, given)


def _rank() -> int:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_rank())
    try:
        return int(os.environ.get("RANK", "0"))
    except ValueError:
        return 0


def _captures() -> bool:
    """Return whether operations are being captured for a graph, where nothing can be read."""
    return bool(torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing())


def _learning_rates(optimizer: torch.optim.Optimizer) -> dict[str, float]:
    rates = [group.get("lr") for group in optimizer.param_groups]
    several = len(rates) > 1
    return {
        f"learning_rate/{n}" if several else "learning_rate": float(rate)
        for n, rate in enumerate(rates)
        if rate is not None
    }
