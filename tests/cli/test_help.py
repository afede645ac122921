"""--help and --version: complete, grouped, and readable at 80 columns."""

import re

import pytest
from click.testing import CliRunner

from tui_backprop import __version__
from tui_backprop.cli.main import main
from tui_backprop.settings.fields import ChoiceField, Field
from tui_backprop.settings.hyperparameters import FIELDS

COMMANDS: tuple[list[str], ...] = ([], ["train"])


def shown_help(command: list[str]) -> str:
    result = CliRunner().invoke(main, [*command, "--help"], prog_name="tui-backprop")
    assert result.exit_code == 0
    return result.output


def section(text: str, heading: str) -> str:
    """Return the lines under a heading, as one."""
    body = re.search(rf"^{heading}:\n((?:  .*\n)+)", text, re.MULTILINE)
    assert body, f"no section {heading}"
    return " ".join(body[1].split())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_hyperparameter_stands_under_its_group(command: list[str], field: Field) -> None:
    group = section(shown_help(command), field.group)
    assert f"--{field.name.replace('_', '-')} " in group
    assert field.help in group
    default = field.format(field.default)
    assert not default or f"[default: {default}]" in group
    if isinstance(field, ChoiceField):
        assert "|".join(field.names) in group


@pytest.mark.parametrize("command", COMMANDS)
def test_options_without_a_group_come_last(command: list[str]) -> None:
    headings = re.findall(r"^(\w+):", shown_help(command), re.MULTILINE)
    assert headings[:5] == ["Usage", "Data", "Network", "Training", "Options"]
    assert "--help" in section(shown_help(command), "Options")


def test_the_group_lists_its_commands_and_its_own_options() -> None:
    text = shown_help([])
    commands = section(text, "Commands")
    for command in ("train", "watch", "step", "check", "runs", "export"):
        assert command in commands
    assert "..." not in commands, "a command's line is cut off"
    for option in ("--start", "--fps", "--version"):
        assert option in section(text, "Options")


def test_train_offers_json() -> None:
    assert "--json" in section(shown_help(["train"]), "Options")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_80_columns(command: list[str]) -> None:
    assert max(map(len, shown_help(command).splitlines())) <= 80


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    result = CliRunner().invoke(main, [flag])
    assert (result.exit_code, result.output) == (0, f"tui-backprop, version {__version__}\n")


def test_short_help_flag() -> None:
    assert CliRunner().invoke(main, ["-h"], prog_name="tui-backprop").output == shown_help([])
