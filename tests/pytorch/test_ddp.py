"""Training in several processes: one of them records, and what it records is watched."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install tui-backprop[pytorch]")

from tests.support.processes import environment, wait_until
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.location import run_paths
from tui_backprop.training.snapshot import ParameterStatistics

_LOOP = Path(__file__).with_name("ddp_loop.py")
_PROCESSES = 2


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_two_processes_are_recorded_by_the_first_and_watched_while_they_train(
    tmp_path: Path,
) -> None:
    runs, stop = tmp_path / "runs", tmp_path / "stop"
    where = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
    where |= {"WORLD_SIZE": str(_PROCESSES), "GLOO_SOCKET_IFNAME": "lo"}
    processes = [
        subprocess.Popen(
            [sys.executable, str(_LOOP), str(runs), str(stop)],
            env=environment(where | {"RANK": str(rank), "LOCAL_RANK": str(rank)}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(_PROCESSES)
    ]
    try:
        # The directory is there a moment before what it holds.
        assert wait_until(lambda: any(runs.glob("*/metrics.jsonl")), 60.0)
        (path,) = run_paths(runs)
        follower = RunFollower(path, time.monotonic, any_names=True)

        def sees(count: int) -> bool:
            follower.read_on()
            return follower.trained and len(follower.points) >= count

        assert wait_until(lambda: sees(5), 30.0)
        seen = follower.iteration
        assert wait_until(lambda: sees(5) and follower.iteration > seen, 30.0)
        assert wait_until(lambda: sees(5) and len(follower.layer_rows()) == 4, 30.0)
        stop.touch()
        for process in processes:
            said = process.communicate(timeout=60.0)[1]
            assert process.returncode == 0, said
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    follower.read_on()
    assert follower.last_event == "finished"
    assert {p.values["rank"] for p in follower.points if "rank" in p.values} == {0.0}
    assert [row.name for row in follower.layer_rows() if isinstance(row, ParameterStatistics)] == [
        "0.weight",
        "0.bias",
        "2.weight",
        "2.bias",
    ]
    assert len(run_paths(runs)) == 1
