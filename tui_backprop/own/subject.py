"""Somebody's net as the check sees it: parameters, a loss and a gradient, the same at each call."""

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.own.objects import (
    copied_array,
    copy_in_float64,
    may_reach_the_original,
    parameter_names,
)
from tui_backprop.own.randomness import Randomness

TRAINING_WORDS = ("train_flg", "train_flag", "training", "is_training", "train", "is_train")
"""What a pass that trains is asked for with."""

_CLOSE = 1e-4


class Subject(Protocol):
    """What is checked. `network` is whatever object its layers are found in, None without one."""

    params: dict[str, Array]
    network: Any
    x: Any
    t: Any

    def loss(self) -> float:
        """Return the loss of the batch."""

    def gradient(self) -> dict[str, Any]:
        """Return copies of the gradients that the code itself makes of the batch."""


class OwnNet:
    """An object with `params`, `loss(x, t)` and `gradient(x, t)`, or functions of that kind.

    Every call draws the same random numbers and gets copies of `x` and `t`; parameters that a
    call changes are put back, `changed` keeps what they had become.

    Args:
        params: arrays by name, the very ones that the code computes with.
        loss: of x and t, or of params, x and t, or of nothing.
        gradient: as `loss`; a dict of arrays, or arrays in the order of `params`.
        network: the object they belong to, if there is one.
        x: samples.
        t: targets.
        training: whether a pass that trains is asked for where a call can be told.
    """

    def __init__(
        self,
        params: Mapping[str, Array],
        loss: Callable[..., Any],
        gradient: Callable[..., Any],
        network: Any,
        x: Any,
        t: Any,
        *,
        training: bool = True,
    ) -> None:
        self.params = dict(params)
        self.network, self.x, self.t = network, x, t
        self.changed: dict[str, Array] = {}
        self._loss, self._gradient, self.training = loss, gradient, training
        owners = [loss, gradient] if network is None else [network]
        self._randomness = Randomness(owners)

    def loss(self) -> float:
        """Return the loss of the batch."""
        value = self._call(self._loss)
        try:
            return float(np.asarray(value).reshape(()))
        except (TypeError, ValueError):
            raise TypeError(f"loss returned {type(value).__name__}, not one number") from None

    def gradient(self) -> dict[str, Any]:
        """Return copies of the gradients of the batch, each as an array."""
        with self.guarded():
            grads = self._call(self._gradient)
        if not isinstance(grads, Mapping):
            if not isinstance(grads, Sequence) or len(grads) != len(self.params):
                raise TypeError(
                    f"gradient returned {type(grads).__name__}, not a dict with the keys of params"
                )
            grads = dict(zip(self.params, grads, strict=True))
        return {key: np.array(grads[key]) for key in self.params if key in grads}

    def of_samples(self, x: Any, t: Any) -> "OwnNet":
        """Return the same net with another batch."""
        args = self.params, self._loss, self._gradient, self.network, x, t
        return OwnNet(*args, training=self.training)

    def predicting(self) -> "OwnNet | None":
        """Return the same net in a pass that predicts, None where no call can be told so."""
        functions = (self._loss, self._gradient)
        if not self.training or not any(self._mode(function) for function in functions):
            return None
        args = self.params, self._loss, self._gradient, self.network, self.x, self.t
        return OwnNet(*args, training=False)

    def repeated(self) -> Any:
        """Return a block in which the same random numbers are drawn as in each call."""
        return self._randomness.repeated()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Run code that may change parameters; they are put back, and `changed` has them."""
        kept = {key: param.copy() for key, param in self.params.items()}
        try:
            yield
        finally:
            self.changed = {}
            for key, param in self.params.items():
                if not np.array_equal(param, kept[key], equal_nan=True):
                    self.changed[key] = param.copy()
                    param[...] = kept[key]

    def _call(self, function: Callable[..., Any]) -> Any:
        x, t = copied_array(self.x), copied_array(self.t)
        with self._randomness.repeated(), np.errstate(all="ignore"):
            return function(*_arguments(function, self.params, x, t), **self._mode(function))

    def _mode(self, function: Callable[..., Any]) -> dict[str, bool]:
        if not self.training:
            return {}
        names = parameter_names(function)
        return {word: True for word in TRAINING_WORDS if word in names}


def own_net(network: Any, x: Any, t: Any, *, training: bool = True) -> OwnNet:
    """Return an object's net.

    Raises:
        TypeError: it lacks params, loss or gradient, or params are no arrays.
    """
    for name in ("params", "loss", "gradient"):
        if not hasattr(network, name):
            raise TypeError(
                f"{type(network).__name__} has no `{name}`: a net to check has params, "
                "loss(x, t) and gradient(x, t)"
            )
    params = checked_params(network.params)
    return OwnNet(params, network.loss, network.gradient, network, x, t, training=training)


def checked_params(params: Any) -> dict[str, Array]:
    """Return parameters by name.

    Raises:
        TypeError: they are no arrays of floating-point numbers.
    """
    if not isinstance(params, Mapping):
        raise TypeError(f"params is {type(params).__name__}: it must be a dict of arrays")
    for key, param in params.items():
        if not isinstance(param, np.ndarray) or param.dtype.kind != "f":
            what = getattr(param, "dtype", None) or type(param).__name__
            raise TypeError(
                f"params[{key!r}] is {what}: it must be an array of floating-point numbers"
            )
    return {str(key): param for key, param in params.items()}


def copy_of(subject: OwnNet) -> OwnNet | None:
    """Return a copy in float64 that is as good as the net itself, None where there is none.

    The copy is what is checked then: nothing of the original is touched, not even what its layers
    remember, and nothing is lost in rounding.
    """
    if subject.network is None or may_reach_the_original(subject.network):
        return None
    try:
        network = copy_in_float64(subject.network)
        copied = own_net(network, _wide(subject.x), _wide(subject.t), training=subject.training)
        # A second copy stands for the original: not even its layers' memory is to change.
        like = own_net(
            copy.deepcopy(subject.network), subject.x, subject.t, training=subject.training
        )
        loss, same, grads = copied.loss(), like.loss(), copied.gradient()
        kept = {key: param.copy() for key, param in copied.params.items()}
        for param in copied.params.values():
            param += 0.01 * (1 + np.abs(param))
        moved, stays = copied.loss(), like.loss()
        # A function that was hung onto the original still computes with that one.
        follows = any(not np.array_equal(grads[k], g) for k, g in copied.gradient().items())
        for key, param in copied.params.items():
            param[...] = kept[key]
    except Exception:  # whatever their objects raise, they are then used as they are
        return None
    alike = abs(loss - same) <= _CLOSE * (1 + abs(same))
    return copied if alike and stays == same and moved != loss and follows else None


def _wide(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return value


def _arguments(
    function: Callable[..., Any], params: Mapping[str, Array], x: Any, t: Any
) -> tuple[Any, ...]:
    """Return what a function is called with: by how much it has to be given."""
    try:
        wanted = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            and parameter.default is parameter.empty
        ]
    except (TypeError, ValueError):
        return x, t
    if len(wanted) >= 3:
        return params, x, t
    if len(wanted) == 1:
        return (params,)
    return (x, t) if wanted or x is not None else ()
