"""What is typed ahead: in order, bounded, and the key that leaves before all of it."""

from textual.events import Key

from tui_backprop.ui.terminal.typed_input import LEAVE_KEY, MOST_WAITING, TypedInput


def key(name: str) -> Key:
    return Key(name, None)


def names(typed: TypedInput, most: int = 10_000) -> list[str]:
    return [event.key for event in typed.take(most) if isinstance(event, Key)]


def test_keys_come_in_order_and_a_few_at_a_time() -> None:
    typed = TypedInput()
    for name in "abc":
        typed.add(key(name))
    assert names(typed, 2) == ["a", "b"]
    assert names(typed, 2) == ["c"]
    assert names(typed, 2) == []


def test_a_flood_is_dropped_and_what_comes_after_it_is_not() -> None:
    typed = TypedInput()
    for _ in range(100_000):
        typed.add(key("a"))
    assert names(typed) == ["a"] * MOST_WAITING
    typed.add(key("b"))
    assert names(typed) == ["b"]


def test_the_key_that_leaves_comes_first_however_much_waits() -> None:
    typed = TypedInput()
    for name in ["a"] * 1000 + [LEAVE_KEY] + ["b"] * 1000:
        typed.add(key(name))
    assert typed.leaving
    assert names(typed) == [LEAVE_KEY]
    typed.add(key("b"))
    assert names(typed) == []
