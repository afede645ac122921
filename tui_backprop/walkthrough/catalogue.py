"""Every operation that is declared, by the code that it has on a tape that is kept in a file."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from tui_backprop.nn import layers, losses, optimizers
from tui_backprop.nn.clipping import Clipping
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.walkthrough.aten.catalogue import ENTRIES
from tui_backprop.walkthrough.book_loss import BOOK_LOSS
from tui_backprop.walkthrough.uses import sum_of_uses

Make: TypeAlias = Callable[[Sequence[str]], Operation]
"""Makes an operation of the symbols that it reads: there may be any number of them."""

_FORMS = ("FORWARD", "BACKWARD", "UPDATE", "PREDICTION", "RENEWAL")
"""Where classes of nn declare their operations."""


@cache
def operations() -> Mapping[str, Operation]:
    """Return the operations that read the same symbols wherever they stand, by their codes.

    A code is the class's name and what is made, as Affine.dW; where a class makes that in several
    ways, the declaration's name stands between. Of PyTorch's operations it is the key of their
    declaration. It stands in files: it never changes.
    """
    found: dict[str, Operation] = {}
    for name, declaration, operation in _declared():
        code = f"{name}.{operation.output}"
        if found.setdefault(code, operation) != operation:
            found[f"{name}.{declaration.lower()}.{operation.output}"] = operation
    return found | {key: entry.operation for key, entry in ENTRIES.items()}


MAKERS: Mapping[str, Make] = {
    "WeightDecay.loss": lambda symbols: WeightDecay.whole_loss(_keys(symbols[1:])),
    "Uses.dW": sum_of_uses,
    "Clipping.‖g‖²": lambda symbols: Clipping.norm(_keys(symbols)),
}
"""The operations that read a symbol for each parameter, by their codes."""


def operation_of(code: str, inputs: Sequence[str], output: str) -> Operation | None:
    """Return the operation of a code, None where none of that code reads and makes such symbols."""
    found = operations().get(code)
    if code in MAKERS and inputs:
        found = MAKERS[code](inputs)
    if found is None or (found.inputs, found.output) != (tuple(inputs), output):
        return None
    return found


def code_of(operation: Operation) -> str:
    """Return the code of an operation, "" where the catalogue has none."""
    if code := _codes().get(operation, ""):
        return code
    made = (code for code in MAKERS if operation.inputs and _is_made(code, operation))
    return next(made, "")


def _is_made(code: str, operation: Operation) -> bool:
    return operation_of(code, operation.inputs, operation.output) == operation


@cache
def _codes() -> Mapping[Operation, str]:
    # Of those that are equal the first: they are one.
    return {operation: code for code, operation in reversed([*operations().items()])}


def _declared() -> Iterator[tuple[str, str, Operation]]:
    """Yield each operation of nn, with its class's name and where that declares it."""
    for cls in _classes():
        for declaration in _FORMS:
            for operation in getattr(cls, declaration, ()):
                yield cls.__name__, declaration, operation
    for owner in (WeightDecay, Clipping):
        for value in vars(owner).values():
            if isinstance(value, Operation):
                yield owner.NAME, "", value
    yield "BookLoss", "", BOOK_LOSS


def _classes() -> Iterator[type]:
    """Yield what each file of a layer, a loss or an optimizer defines: none has to be listed."""
    for package in (layers, losses, optimizers):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for value in vars(module).values():
                if isinstance(value, type) and value.__module__ == module.__name__:
                    yield value


def _keys(symbols: Sequence[str]) -> list[str]:
    """Return the parameters whose squares are called q and their names."""
    return [symbol.removeprefix("q") for symbol in symbols]
