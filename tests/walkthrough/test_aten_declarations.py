"""What is declared of PyTorch's operations holds together, on a machine without torch."""

import pickle
import re

import numpy as np
import pytest

from tui_backprop.walkthrough.aten.bounds import within_reason
from tui_backprop.walkthrough.aten.catalogue import ENTRIES, entries_for
from tui_backprop.walkthrough.aten.entry import Call, Entry
from tui_backprop.walkthrough.catalogue import code_of, operation_of
from tui_backprop.walkthrough.view import View


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_an_entry_s_symbols_are_all_read_and_its_key_finds_it_again(entry: Entry) -> None:
    operation = entry.operation
    assert entry.key.startswith(f"{entry.name}")
    known = {*entry.reads, *entry.derived}
    assert set(operation.inputs) <= known
    assert set(re.findall(r"{([^{}ᵀ]+)ᵀ?}", operation.shapes)) <= set(operation.inputs)
    assert entry.transposed <= set(operation.inputs)
    assert operation_of(entry.key, operation.inputs, operation.output) == operation
    again = operation_of(code_of(operation), operation.inputs, operation.output)
    assert again == operation
    assert pickle.loads(pickle.dumps(entry)).key == entry.key


def test_a_call_finds_the_first_declaration_that_holds() -> None:
    matrix = np.ones((2, 2))
    plain = {"self": matrix, "mat2": matrix, "result0": matrix}

    def keys(**given: object) -> list[str]:
        return [entry.key for entry in entries_for(Call("aten.mm", plain, **given))]  # type: ignore[arg-type]

    assert keys() == ["aten.mm.nn"]
    assert keys(transposed=frozenset({"mat2"})) == ["aten.mm.nt"]
    weights = ("aten.addmm", "mat2")
    turned = frozenset({"self"})
    assert keys(transposed=turned, gradient_of=weights, kinds={"self": "dout"}) == [
        "aten.mm.dW_dout"
    ]
    assert keys(transposed=turned, gradient_of=weights) == ["aten.mm.dW_x"]
    assert entries_for(Call("aten.no_such", plain)) == ()


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_view_leads_back_to_where_a_cell_stood(order: str) -> None:
    base = np.asarray(np.arange(24).reshape(2, 3, 4), order=order)  # type: ignore[call-overload]
    for own in (base.transpose(2, 0, 1), base[:, 1:, ::2], base[1], base[:, :1].swapaxes(0, 2)):
        offset = (own.__array_interface__["data"][0] - base.__array_interface__["data"][0]) // 8
        strides = [tuple(s // 8 for s in array.strides) for array in (base, own)]
        view = View(base.shape, strides[0], strides[1], offset)
        assert view.fits(own.shape)
        assert not view.fits((*own.shape[:-1], own.shape[-1] + 24))
        for index in np.ndindex(own.shape):
            assert base[view.source(index)] == own[index]


@pytest.mark.parametrize(
    ("symbol", "value"),
    [
        ("padding", [10**9, 0]),
        ("padding", [-1, 0]),
        ("padding", [0.5, 0.5]),
        ("groups", 10**9),
        ("counts", [10**9, 1]),
        ("rows", 10**9),
        ("shape", [10**9]),
        ("size", [[1, 1], [1, 1]]),
    ],
)
def test_a_call_that_cannot_have_been_is_not_computed(symbol: str, value: object) -> None:
    arrays = {"x": np.ones((2, 3, 4, 4)), symbol: np.array(value)}
    assert not within_reason(arrays, (2, 3, 4, 4))
    fitting = {"padding": [1, 1], "groups": 3, "counts": [4, 4], "rows": 2, "shape": [2, 3, 4, 4]}
    arrays[symbol] = np.array(fitting.get(symbol, [3, 3]))
    assert within_reason(arrays, (2, 3, 4, 4))
