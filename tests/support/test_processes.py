"""What tests start: a process like one that a person starts, whoever started the tests."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.processes import give_children_default_signals


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_child_answers_a_signal_that_nohup_has_us_ignore(name: str) -> None:
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_IGN)
    try:
        give_children_default_signals()
        signal.raise_signal(number)
        told = f"import signal; print(signal.getsignal({int(number)}) is signal.SIG_IGN)"
        child = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True)
        assert child.stdout.split() == [b"False"]
    finally:
        signal.signal(number, before)
