"""`tui_backprop.check`: somebody's gradients against central differences of their own loss."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from tui_backprop.own.gradients import check_gradients
from tui_backprop.own.layered import LayeredNet
from tui_backprop.own.report import Report
from tui_backprop.own.subject import OwnNet, checked_params, own_net
from tui_backprop.own.untouched import as_they_were
from tui_backprop.own.update import check_update

ENTRIES = 40
"""Entries of a parameter that are compared, beside two directions over all of it."""


def check(
    network: Any = None,
    x: Any = None,
    t: Any = None,
    *,
    loss: Callable[..., Any] | Any = None,
    gradient: Callable[..., Any] | None = None,
    params: Mapping[str, Any] | None = None,
    optimizer: Any = None,
    h: float | None = None,
    entries: int = ENTRIES,
    show: bool = True,
) -> Report:
    """Check your net's gradients, and say which mistake a wrong one looks like.

    `check(network, x, t)` takes any object with `params` (a dict of arrays), `loss(x, t)` and
    `gradient(x, t)` (a dict with the same keys). Where its `layers` have forward and backward,
    each is checked alone too. Without such an object, give the functions:
    `check(x=x, t=t, params=params, loss=loss, gradient=gradient)`, each a function of (x, t) that
    reads the very arrays of `params`, or of (params, x, t). A list of layers with `params` and
    `grads` goes with the object that has `loss(predicted, t)` and `grad(predicted, t)`:
    `check(net, x, t, loss=MSE())`.

    Your net is copied, and the copy computed in float64, where that can be done; where not, its
    parameters are moved one entry at a time and put back to the bit, as is all that it holds.
    Random numbers are the same in every call, and NumPy's own state is as before at the end.

    Args:
        network: your net, or None.
        x: the samples of a batch, in the form that your net takes.
        t: their targets.
        loss: a function, or the loss of a list of layers.
        gradient: a function that returns a dict of arrays, or arrays in the order of `params`.
        params: the arrays that the functions compute with, by name.
        optimizer: has update(params, grads) and lr; one update is looked at too.
        h: how far an entry moves; by default 1e-4, and more where numbers are float32.
        entries: how many of a large parameter are compared, half of them drawn by a fixed seed.
        show: whether to print the report.

    Returns:
        The report; nothing is raised however wrong the gradients are.

    Raises:
        TypeError: what is given is no net: the message says what is missing.
        ValueError: `h` or `entries` is not above 0.
        Exception: what your own code raises.
    """
    if h is not None and not 0 < h < float("inf"):
        raise ValueError(f"h = {h}: must be a positive finite number")
    if entries < 1:
        raise ValueError(f"entries = {entries}: must be at least 1")
    subject = _subject(network, x, t, loss, gradient, params)
    # Even a copy may compute with layers of the original: by functions that are hung onto it.
    with as_they_were((network, loss, gradient)):
        report = check_gradients(subject, h, entries)
    if optimizer is not None:
        report = check_update(report, subject, optimizer)
    if show:
        _show(str(report))
    return report


def _subject(
    network: Any,
    x: Any,
    t: Any,
    loss: Any,
    gradient: Callable[..., Any] | None,
    params: Mapping[str, Any] | None,
) -> OwnNet:
    if network is not None and loss is not None and gradient is None:
        network = LayeredNet(network, loss)
    elif network is None or gradient is not None:
        given = {"loss": loss, "gradient": gradient, "params": params}
        missing = [name for name, value in given.items() if value is None]
        if missing:
            raise TypeError(
                f"{', '.join(missing)} missing: give a network, or loss, gradient and params"
            )
        assert gradient is not None
        return OwnNet(checked_params(params), loss, gradient, network, x, t)
    return own_net(network, x, t)


def _show(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))  # noqa: T201 - it is asked for


__all__ = ["ENTRIES", "Report", "check"]
