"""The world of recorders."""

from tests.runs.conftest import world as world
