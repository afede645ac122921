"""Mistakes named layer by layer, where a net is no chain: proven by putting the right pass in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from tui_backprop.nn import Dropout
from tui_backprop.nn.arrays import Array
from tui_backprop.own.compared import Parameter
from tui_backprop.own.ends import share_of
from tui_backprop.own.kinds import link_for
from tui_backprop.own.layer_checks import LayerCheck, set_gradient
from tui_backprop.own.layers import replaced
from tui_backprop.own.seen_pass import SeenPass
from tui_backprop.own.sightings import other_mask
from tui_backprop.own.subject import OwnNet
from tui_backprop.walkthrough.mistakes.activations import IN_PLACE_DOUT
from tui_backprop.walkthrough.mistakes.chain import Link, close
from tui_backprop.walkthrough.mistakes.explaining import explain_alone
from tui_backprop.walkthrough.mistakes.explanation import Made, Seen


@contextmanager
def exact_end(seen: SeenPass) -> Iterator[bool]:
    """Have the layer with the loss return the gradient of its very loss, number in its log and all.

    Yields whether that makes a difference.
    """
    ended = seen.of_last
    share = share_of(ended[0]) if len(ended) == 1 else None
    if share is None:
        yield False
        return
    own, factor = seen.last.backward, share

    def backward(*args: Any, **kwargs: Any) -> Any:
        return own(*args, **kwargs) * factor

    with replaced(seen.last, "backward", backward):
        yield True


def corrections_of(subject: OwnNet, seen: SeenPass) -> dict[str, Array]:
    """Return what the very loss adds to each gradient; empty where there is nothing to add.

    That is where it has a number inside its log, which its layer's backward leaves out.
    """
    with exact_end(seen) as matters:
        exact = subject.gradient() if matters else {}
    made = seen.gradients
    return {
        key: np.asarray(grad, np.float64) - made[key]
        for key, grad in exact.items()
        if key in made and grad.shape == made[key].shape and grad.dtype.kind == "f"
    }


def explained_by_layers(
    subject: OwnNet,
    seen: SeenPass,
    wrong: Mapping[str, Parameter],
    checks: list[LayerCheck],
    tolerance: float,
) -> dict[str, tuple[Made, ...]]:
    """Return the mistakes that each wrong gradient comes from, by parameter.

    Each wrong layer's mistake is looked for by itself. With the right backward pass in place of
    theirs, the net's gradients must be right: those that are not have another reason, and none.

    Args:
        subject: the net.
        seen: its pass.
        wrong: the parameters whose gradients are wrong.
        checks: of each layer alone, from the loss on.
        tolerance: as a share of the largest.
    """
    at_fault = [check for check in checks if check.wrong]
    links = {id(check): link_for(check.call, subject.params) for check in at_fault}
    found = {id(check): _mistakes_of(check, links[id(check)], tolerance) for check in at_fault}
    if not at_fault or not all(found.values()):
        return {}
    with ExitStack() as stack:
        for check in at_fault:
            right = _right_backward(check, links[id(check)], subject.params)
            stack.enter_context(replaced(check.call.layer, "backward", right))
        stack.enter_context(exact_end(seen))
        repaired = subject.gradient()
    explained = {}
    for key, parameter in wrong.items():
        if not _is_right(parameter, repaired.get(key), tolerance):
            continue
        reached = tuple(
            made for check in at_fault for made in found[id(check)] if made.key in ("", key)
        )
        explained[key] = _behind(key, reached, checks)
    return {key: made for key, made in explained.items() if made}


def _mistakes_of(check: LayerCheck, link: Link | None, tolerance: float) -> tuple[Made, ...]:
    """Return the mistakes of one layer, empty where any of its results is not explained."""
    if check.writes_into_dout and check.wrong == ("dx",):
        return (Made(IN_PLACE_DOUT, check.name, "dx", 0),)
    if link is None or check.dout is None:
        return ()
    masks: dict[str, Array] = {}
    if isinstance(link.layer, Dropout) and "dx" in check.made:
        mask = other_mask(check.dout, check.made["dx"], link.arrays["mask"])
        masks = {} if mask is None else {check.name: mask}
    found = explain_alone(link, check.made, check.dout, Seen(masks=masks), tolerance)
    if not all(name in found for name in check.wrong):
        return ()
    return tuple(
        Made(found[name], check.name, name, 0, key="" if name == "dx" else name)
        for name in check.wrong
    )


def _right_backward(
    check: LayerCheck, link: Link | None, params: Mapping[str, Array]
) -> Callable[..., Any]:
    own = check.call.layer.backward
    if link is None:

        def undone(dout: Array) -> Array:
            given = dout.copy()
            dx: Array = own(given)
            return dx + (dout - given)

        return undone

    def backward(dout: Array) -> Array:
        made = own(dout.copy())
        arrays = link.backward(np.asarray(dout, np.float64))
        for symbol, key in link.keys.items():
            set_gradient(check.call.layer, params, key, arrays[f"d{symbol}"])
        dx: Array = arrays["dx"].reshape(np.shape(made) or arrays["dx"].shape)
        return dx

    return backward


def _is_right(parameter: Parameter, grad: Any, tolerance: float) -> bool:
    if grad is None or np.shape(grad) != parameter.param.shape:
        return False
    slopes = parameter.slopes
    own = np.asarray(grad, np.float64).reshape(-1)[parameter.flat]
    return bool(np.abs(own - slopes).max(initial=0.0) <= 1e-9) or close(
        own, slopes, max(1e-5, tolerance)
    )


def _behind(key: str, made: tuple[Made, ...], checks: list[LayerCheck]) -> tuple[Made, ...]:
    """Return the mistakes that come before a parameter's layer on the way from the loss, and its
    own; all of them where its layer is not known.
    """
    order = [check.name for check in checks]
    owner = next((place for place, check in enumerate(checks) if key in check.verdicts), len(order))
    return tuple(m for m in made if m.key == key or order.index(m.layer) < owner)
