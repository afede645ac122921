"""`tui_backprop.record`: one line in somebody's own training loop, and it can be watched."""

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, SupportsIndex

import numpy as np

from tui_backprop.own.any_run_recorder import AnyRunRecorder, user_storage
from tui_backprop.own.parameter_rows import ParameterLook
from tui_backprop.runs.writer import RunStorage
from tui_backprop.training.statistics import euclidean_norm

TURN_SECONDS = 0.1
"""Time between two turns at what was logged: in between a call only keeps it."""

MOST_KEPT = 4096
"""So many calls are kept until there is a turn nevertheless."""

LOOK_SHARE = 0.005
"""Largest share of the time that looking at gradients and parameters may take."""

_UNCHANGING = frozenset({float, int, np.float64, np.float32})
"""Types of numbers that can be kept as they are; another may change before it is its turn."""


class Recording:
    """A run being recorded. Use it in a `with` block; `log` never raises.

    Args:
        recorder: what writes it.
        network: an object with `params`, a dict of arrays that the training changes; or None.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        recorder: AnyRunRecorder,
        network: object = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._recorder = recorder
        self._network = network
        self._clock = clock
        self._kept: list[tuple[Mapping[str, Any], SupportsIndex | None, bool, float]] = []
        self._next_turn = float("-inf")
        self._iteration = 0
        self._names: set[str] = set()
        self._before: dict[str, Any] | None = None
        self._before_at = 0
        self._spent = 0.0
        self._next_look = float("-inf")

    @property
    def id(self) -> str | None:
        """The run's id, once something was logged: `tui-backprop watch ID` shows it."""
        return self._recorder.run_id

    def log(
        self,
        metrics: Mapping[str, Any] | None = None,
        /,
        *,
        iteration: SupportsIndex | None = None,
        grads: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Take the numbers of an iteration: `run.log(loss=loss, grads=grads)`.

        Without `iteration` they are counted: a call that names again what the iteration has
        already is of the next one. So what is logged once an epoch may be a call of its own.

        Args:
            metrics: numbers by name, for names that Python does not allow: `{"train/loss": 0.3}`.
            iteration: the number of updates made so far.
            grads: the gradients of this iteration by parameter. They and the network's `params`
                are looked at twice a second; what changed in `params` from one call to the next
                is shown as the update.
            more: numbers by name; `epoch` says where the run is.
        """
        try:
            given = {**metrics, **more} if metrics else more
            for value in given.values():
                if type(value) not in _UNCHANGING:
                    given = self._recorder.numbers_of(given)
                    break
            now = self._clock()
            self._kept.append((given, iteration, grads is not None, now))
            # What is between two turns is called between the loop's own products, with nothing of
            # it in the processor's caches: it has to be short. A turn has them warm.
            if now >= self._next_turn or self._before is not None or len(self._kept) > MOST_KEPT:
                self._next_turn = now + TURN_SECONDS
                self._take_turn(grads)
        except Exception as error:
            # Somebody's training must not end by this.
            self._recorder.warn_of(error, "log")

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run: finished, or interrupted by what ended the loop."""
        self._take_turn(None)
        # What still comes is told to be too late.
        self._next_turn = float("-inf")
        self._recorder.end(error)

    def _take_turn(self, grads: Mapping[str, Any] | None) -> None:
        """Hand on what was kept; `grads` are those of the last call."""
        kept, self._kept = self._kept, []
        for place, (given, iteration, with_grads, now) in enumerate(kept, 1):
            try:
                self._count(given, iteration, with_grads=with_grads)
            except TypeError as error:
                self._recorder.warn("iteration", f"iteration is no whole number: {error}")
                continue
            try:
                metrics = {name: float(value) for name, value in given.items()}
            except OverflowError:
                metrics = self._recorder.numbers_of(given)
            looks = self._looks(grads) if place == len(kept) and grads is not None else ()
            self._recorder.log(self._iteration, metrics, looks, now)

    def _looks(self, grads: Mapping[str, Any]) -> Sequence[ParameterLook]:
        if not isinstance(grads, Mapping):
            self._recorder.warn("grads", f"grads is no dict, but {type(grads).__name__}: left out")
            return ()
        try:
            return self._look(grads)
        except Exception as error:
            self._before = None
            self._recorder.warn("look", f"no gradients are shown: {type(error).__name__}: {error}")
            return ()

    def _count(
        self, given: Mapping[str, Any], iteration: SupportsIndex | None, *, with_grads: bool
    ) -> None:
        """Work out which iteration these are of."""
        names = {*given, "grads"} if with_grads else given.keys()
        if iteration is not None:
            self._iteration = operator.index(iteration)
            self._names.clear()
        elif not self._names or not self._names.isdisjoint(names):
            self._iteration += 1
            self._names = set(names)
        else:
            self._names.update(names)

    def _look(self, grads: Mapping[str, Any]) -> list[ParameterLook]:
        """Return what is known of each parameter, if it is time; a look takes two iterations."""
        began = self._clock()
        params = getattr(self._network, "params", None) or {}
        before, self._before = self._before, None
        if before is None:
            if began < self._next_look or not self._recorder.wants_looks():
                return []
            if params:
                # Copies: most loops change the arrays where they are.
                self._before = {key: np.array(params[key]) for key in grads if key in params}
                self._before_at = self._iteration
                self._spent = self._clock() - began
                return []
            before = {}
        if self._before_at != self._iteration - 1:
            before = {}
        rows = [
            _look_at(key, grad, params.get(key), before.get(key)) for key, grad in grads.items()
        ]
        spent = self._spent + self._clock() - began
        self._spent = 0.0
        self._next_look = began + spent / LOOK_SHARE
        return rows


def _look_at(key: str, grad: Any, param: Any, before: Any) -> ParameterLook:
    gradient = np.asarray(grad)
    norm = update = None
    if param is not None:
        array = np.asarray(param)
        norm = euclidean_norm(array)
        if before is not None and before.shape == array.shape:
            update = euclidean_norm(array - before)
    return ParameterLook(key, euclidean_norm(gradient), gradient.size, norm, update, gradient.shape)


def record(
    name: str,
    network: object = None,
    *,
    runs_dir: str | Path | None = None,
    storage: RunStorage | None = None,
) -> Recording:
    """Record a training loop of your own, so that `tui-backprop watch` shows it live.

        with tui_backprop.record("my net", network) as run:
            for i in range(10_000):
                ...
                run.log(loss=loss, grads=grads)

    The run is finished at the end of the block. Where the block is left by an exception, or the
    program killed, it is interrupted. What is wrong with the disk is told once on standard error.

    Args:
        name: what the run is called.
        network: an object with `params`, a dict of arrays by the keys of `grads`: their sizes and
            updates are shown too.
        runs_dir: where runs are kept, if not where the program keeps them.
        storage: where and by which clocks it is kept; for tests.
    """
    storage = storage or user_storage(runs_dir)
    return Recording(AnyRunRecorder(name, storage), network, storage.clock)
