"""Whatever text an option is given: taken, or refused in one line that names what is allowed."""

import os
import re
from importlib import import_module
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tui_backprop.cli.main import main
from tui_backprop.settings.command_line import option_name
from tui_backprop.settings.fields import Field, FlagField, HyperparameterError
from tui_backprop.settings.hyperparameters import FIELD_BY_NAME, FIELDS

HOSTILE = (
    *("", " ", "nan", "NaN", "inf", "-inf", "1e999", "-1", "0x10", "1_0", "1,0", "1.5.2"),
    *("１００", "٣", "²", "½", "Ⅷ", "１e-1", "−1", "9" * 5000, "1e-5000", "--", "-", "\0"),
    *("\x1b[31mred", "\x9b31m", "a\nb", "a\rb", "\a", "\x7f", "‮", "\ud800", "[red]x[/]"),
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
)
COMMANDS: tuple[list[str], ...] = ([], ["train"])


def invoke(arguments: list[str], env: dict[str, str] | None = None) -> Result:
    # The choice of BLAS threads goes into the environment, for the processes that are started.
    with mock.patch.dict(os.environ):
        return CliRunner().invoke(main, arguments, prog_name="tui-backprop", env=env)


def error_line(result: Result) -> str:
    """Return the one line of a refusal, which has no traceback and no raw control character."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    lines = result.stderr.removesuffix("\n").split("\n")
    assert lines[-1].startswith("Error: ")
    assert all(line.isprintable() for line in lines), lines
    assert "Traceback" not in result.stderr
    return lines[-1]


def refusal(field: Field, text: str, command: list[str]) -> str | None:
    """Return the line that refuses the text, None if it was taken."""
    # Options are read in the order given: a bad one behind it keeps a good text from training.
    bad_one = "--batch-size" if field.name == "seed" else "--seed"
    line = error_line(invoke([*command, f"{option_name(field)}={text}", f"{bad_one}=-1"]))
    return None if line.startswith(f"Error: Invalid value for '{bad_one}'") else line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("learning_rate", "fast", "a number from 0 to 1e+06"),
        ("learning_rate", "-0.1", "a number from 0 to 1e+06"),
        ("batch_size", "0", "a whole number from 1 to 100,000"),
        ("batch_size", "1.5", "a whole number from 1 to 100,000"),
        ("seed", "4294967296", "a whole number from 0 to 4,294,967,295"),
        ("hidden", "50,", "whole numbers from 1 to 10,000 with commas"),
        ("dtype", "float16", "one of float32, float64"),
        ("sampling", "Random", "one of random, shuffle"),
        ("optimizer", "adamant", "one of sgd, momentum, "),
        ("iterations", "１００", "a whole number from 1 to 1,000,000,000"),
    ],
)
def test_a_refusal_names_option_value_and_bounds(
    command: list[str], name: str, text: str, allowed: str
) -> None:
    field = FIELD_BY_NAME[name]
    line = error_line(invoke([*command, f"{option_name(field)}={text}"]))
    assert option_name(field) in line
    assert text in line
    assert allowed in line


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@settings(max_examples=75)
@given(text=TEXTS, command=st.sampled_from(COMMANDS))
def test_no_text_leads_to_a_traceback(field: Field, text: str, command: list[str]) -> None:
    # Where the value may be left out, what begins with a dash is the next option.
    assume(not (isinstance(field, FlagField) and text.startswith("-")))
    line = refusal(field, text, command)
    if line is None:
        field.parse(text)
    else:
        assert option_name(field) in line
        with pytest.raises(HyperparameterError) as caught:
            field.parse(text)
        assert caught.value.allowed in line


NOWHERE = "/dev/null/nowhere"
"""No directory: what is asked of it fails, so that a valid value starts nothing either."""

PATHS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
"""What a shell can hand over."""


@pytest.mark.parametrize(
    "arguments",
    [
        ["step", f"--dataset={NOWHERE}", "--at={}"],
        ["check", f"--dataset={NOWHERE}", "--h={}"],
        ["check", f"--dataset={NOWHERE}", "--blas-threads={}"],
        ["step", "--dataset=digits", f"--output={NOWHERE}/{{}}"],
        ["train", f"--dataset={NOWHERE}/{{}}"],
        ["train", f"--runs-dir={NOWHERE}", "--resume={}"],
        ["export", f"--runs-dir={NOWHERE}", "--metrics=x.csv", "--", "{}"],
        ["runs", f"--runs-dir={NOWHERE}/{{}}"],
    ],
    ids=lambda arguments: f"{arguments[0]} {arguments[-1]}",
)
@settings(max_examples=100)
@given(text=PATHS | st.sampled_from([t for t in HOSTILE if "\0" not in t and "\ud800" not in t]))
def test_no_text_in_another_option_leads_to_a_traceback(arguments: list[str], text: str) -> None:
    error_line(invoke([argument.replace("{}", text) for argument in arguments]))


@pytest.mark.parametrize("text", ["\x1b[31m", "\x1b]0;title\a", "a\nb", "\x9b2J", "‮"])
@pytest.mark.parametrize(
    "arguments",
    [["{}"], ["--{}"], ["--{}=1"], ["-{}"], ["train", "{}"], ["train", "--{}"], ["--fps", "{}"]],
    ids=" ".join,
)
def test_escapes_are_shown_and_not_obeyed(arguments: list[str], text: str) -> None:
    error_line(invoke([argument.format(text) for argument in arguments]))


@pytest.mark.parametrize("value", ["0", "nan", "inf", "-1", "61", "fast"])
def test_fps_out_of_bounds(value: str) -> None:
    line = error_line(invoke(["--fps", value]))
    assert "--fps" in line
    assert "0.1" in line
    assert "60" in line


def test_options_before_the_command_are_not_lost_in_silence() -> None:
    line = error_line(invoke(["--hidden", "9", "train"]))
    assert "--hidden" in line
    assert "after the command" in line


def test_an_option_without_its_value() -> None:
    assert "--seed" in error_line(invoke(["--seed"]))


@pytest.mark.parametrize("run", [[], ["20261123-191020-s244"]])
def test_a_run_that_is_not_there_opens_no_app(
    run: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By its full name: the package has the command under the module's.
    module = import_module("tui_backprop.cli.main")
    monkeypatch.setattr(module, "has_terminal", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    line = error_line(invoke(["--resume", *run, f"--runs-dir={tmp_path}"]))
    assert str(tmp_path) in line
    assert "no run" in line


@pytest.mark.parametrize("command", ["step", "check", "train"])
def test_a_net_beyond_memory_is_refused_with_the_estimate(command: str, tmp_path: Path) -> None:
    hidden = ",".join(["10000"] * 20)
    environment = {"TUI_BACKPROP_RUNS_DIR": str(tmp_path)}
    arguments = [command, "--dataset=digits", f"--hidden={hidden}"]
    line = error_line(invoke(arguments, environment))
    assert re.search(r"would need about [\d,.]+ GB of memory, but [\d,.]+ [GM]B are free", line)
