"""Hyperparameters: what each may be, and that anything else gets one clear printable line."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.settings.fields import Applies, Field, HyperparameterError
from tui_backprop.settings.hyperparameters import FIELD_BY_NAME, FIELDS, Hyperparameters

ANY_FIELD = st.sampled_from(FIELDS)
ANY_TEXT = st.one_of(
    st.text(max_size=50),
    st.text(alphabet="0123456789eE+-.,_ naifNIF\t\n", max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.lists(st.integers(-5, 20_000), max_size=25).map(lambda numbers: ",".join(map(str, numbers))),
)
ANY_VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=5),
    st.complex_numbers(),
    st.lists(st.one_of(st.integers(), st.floats(), st.text(max_size=3)), max_size=5),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.sets(st.integers(), max_size=3),
)


def assert_clear(field: Field, error: HyperparameterError) -> None:
    message = str(error)
    assert error.field is field
    assert message.isprintable()
    assert message.startswith(field.label.lower())
    assert message.endswith(f"must be {error.allowed}")
    # Only where a part of the value is named may less be allowed there.
    assert error.allowed == field.allowed or error.where
    assert len(message) < 250


@given(ANY_FIELD, ANY_TEXT)
def test_any_text_is_read_or_refused_in_one_line(field: Field, text: str) -> None:
    try:
        value = field.parse(text)
    except HyperparameterError as error:
        assert_clear(field, error)
    else:
        assert field.check(value) == value
        assert field.parse(field.format(value)) == value


@given(ANY_FIELD, ANY_VALUE)
def test_any_value_is_taken_or_refused_in_one_line(field: Field, value: Any) -> None:
    try:
        checked = field.check(value)
    except HyperparameterError as error:
        assert_clear(field, error)
    else:
        assert field.check(checked) == checked
        settings = Hyperparameters(**{field.name: value})
        assert getattr(settings, field.name) == checked


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("batch_size", "100", 100),
        ("batch_size", " 7 ", 7),
        ("iterations", "10,000", 10_000),
        ("iterations", "1_000_000", 1_000_000),
        ("iterations", "+12", 12),
        ("learning_rate", "0.5", 0.5),
        ("learning_rate", "1e-3", 1e-3),
        ("learning_rate", ".25", 0.25),
        ("learning_rate", "0", 0.0),
        ("hidden", "50", (50,)),
        ("hidden", "100, 50,25", (100, 50, 25)),
        ("dtype", " float64 ", "float64"),
        ("sampling", "shuffle", "shuffle"),
        ("dataset", " ~/my data.npz ", "~/my data.npz"),
        ("seed", "4294967295", 2**32 - 1),
    ],
)
def test_what_people_write(name: str, text: str, value: object) -> None:
    assert FIELD_BY_NAME[name].parse(text) == value


@pytest.mark.parametrize(
    "name", ["learning_rate", "weight_std", "batch_size", "iterations", "seed", "hidden"]
)
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "--1",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "Infinity",
        "1e999",
        "9" * 5000,
        "0x10",
        "1j",
        "True",
        "１００",
        "٣",
        "²",
        "½",
        "1\x00",
        "\x1b[2J1",
        "1\x1b[0m",
        "1;2",
        "1__0.0",
        "1 0",
        "1\n2",
        "ten",
        "\ud800",
        "\u202e1",
    ],
)
def test_what_is_no_number_is_refused(name: str, text: str) -> None:
    field = FIELD_BY_NAME[name]
    with pytest.raises(HyperparameterError) as caught:
        field.parse(text)
    assert_clear(field, caught.value)


@pytest.mark.parametrize("name", ["batch_size", "iterations", "seed"])
@pytest.mark.parametrize(
    "text", ["1.5", "1e3", ",", "_", "+", "1,", ",1", "1,,0", "1_", "10,00", "1,0"]
)
def test_what_is_no_whole_number_is_refused(name: str, text: str) -> None:
    with pytest.raises(HyperparameterError):
        FIELD_BY_NAME[name].parse(text)


@pytest.mark.parametrize(
    "text", ["50,", ",50", "50,,50", "0", "50,0", "10001", "5 0", "1,000", ",".join(["1"] * 21)]
)
def test_hidden_layers_that_cannot_be_are_refused(text: str) -> None:
    field = FIELD_BY_NAME["hidden"]
    with pytest.raises(HyperparameterError) as caught:
        field.parse(text)
    assert_clear(field, caught.value)
    assert repr(caught.value.value) in str(caught.value)


def test_each_bound_is_the_last_value_allowed() -> None:
    bounds: list[tuple[str, Any, Any, Any, Any]] = [
        ("batch_size", 0, 1, 100_000, 100_001),
        ("iterations", 0, 1, 10**9, 10**9 + 1),
        ("seed", -1, 0, 2**32 - 1, 2**32),
        ("learning_rate", -1e-9, 0.0, 1e6, 1e6 + 1),
        ("weight_std", -1e-9, 0.0, 100.0, 100.1),
    ]
    for name, below, lowest, highest, above in bounds:
        for allowed in (lowest, highest):
            assert getattr(Hyperparameters().with_value(name, allowed), name) == allowed
        for refused in (below, above, None, "1", True):
            with pytest.raises(HyperparameterError):
                Hyperparameters().with_value(name, refused)


def test_the_message_names_label_value_and_bounds() -> None:
    with pytest.raises(HyperparameterError) as caught:
        FIELD_BY_NAME["batch_size"].parse("0")
    assert str(caught.value) == "batch size '0': must be a whole number from 1 to 100,000"


def test_defaults_are_the_books_and_pass_their_own_checks() -> None:
    default = Hyperparameters()
    assert default.to_dict() == {field.name: field.default for field in FIELDS}
    assert (default.hidden, default.weight_std, default.learning_rate) == ((50,), 0.01, 0.1)
    assert (default.batch_size, default.iterations, default.sampling) == (100, 10_000, "random")
    for field in FIELDS:
        assert field.parse(field.format(field.default)) == field.default
        assert field.help.endswith(".")
        assert field.allowed


@given(st.floats(0, 1e6, allow_nan=False))
def test_any_learning_rate_survives_being_written(value: float) -> None:
    field = FIELD_BY_NAME["learning_rate"]
    assert field.parse(field.format(value)) == value


def test_a_run_is_one_frozen_comparable_value() -> None:
    settings = Hyperparameters(hidden=[8, 4])  # type: ignore[arg-type]
    assert settings.hidden == (8, 4)
    assert settings == Hyperparameters(hidden=(8, 4))
    assert hash(settings) == hash(Hyperparameters(hidden=(8, 4)))
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert Hyperparameters(**settings.to_dict()) == settings
    with pytest.raises(AttributeError):
        settings.seed = 5  # type: ignore[misc]
    with pytest.raises(HyperparameterError):
        settings.with_value("seed", -1)


def test_the_live_part_is_exactly_what_applies_live() -> None:
    other = Hyperparameters("digits", "shuffle", (9,), 0.5, "float64", 7, "sgd", 0.25, 10, 20)
    live = {f.name for f in FIELDS if f.applies is Applies.LIVE}
    assert live == {"learning_rate", "batch_size", "iterations"}
    merged = Hyperparameters().live_part_of(other)
    for field in FIELDS:
        source = other if field.name in live else Hyperparameters()
        assert getattr(merged, field.name) == getattr(source, field.name)
