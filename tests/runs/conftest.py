"""A directory of runs, and clocks."""

from pathlib import Path

import pytest

from tests.runs.stored_runs import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")
