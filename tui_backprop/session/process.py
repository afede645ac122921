"""The training process: its entry point, and what makes it a quiet, well-behaved child."""

import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.session.channel import Channel
from tui_backprop.session.messages import Command, Event, WorkerEnded

if TYPE_CHECKING:
    from tui_backprop.runs.files import RunFiles

LOOK_SECONDS = 2.0
"""How often it is looked whether a worker that was told to end still does something."""

WAITING_SHARE = 0.01
"""A process that takes less of a core than this waits for something."""

MOST_SECONDS = 60.0
"""How long a worker that was told to end may compute on."""


def run(runs: str | None) -> None:
    """Serve the screen that started this process, over its standard input and output.

    Args:
        runs: the directory where runs are kept; None to keep none.
    """
    # What a library prints must not end up between the messages.
    main(Channel(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")), runs)


def main(connection: Channel, runs: str | None = None) -> None:
    """Serve one screen over `connection` until it closes.

    What only concerns the terminal (a hangup, Ctrl+C) is the screen's to handle: the child leaves
    when its pipe closes, or when it is told to end; the run is saved first. Nothing that it or a
    library prints may reach the screen's terminal.
    """
    _ignore_terminal_signals()
    _silence_output()
    limit_blas_threads()
    # Only now: NumPy reads the limit when it is imported.
    from tui_backprop.session.recording import system_storage
    from tui_backprop.session.worker import Inbox, Worker

    inbox: Inbox = Inbox()
    storage = None if runs is None else system_storage(Path(runs))

    def leave() -> None:
        inbox.put(None)
        files = storage.files if storage else None
        threading.Thread(target=_end, args=(files,), name="end", daemon=True).start()

    signal.signal(signal.SIGTERM, lambda *_: leave())

    def receive() -> None:
        message: Command | None
        while True:
            try:
                message = connection.recv()
            except (EOFError, OSError):
                message = None
            if message is None:
                leave()
                return
            inbox.put(message)

    def send(event: Event) -> None:
        try:
            connection.send(event)
        except OSError:
            inbox.put(None)

    threading.Thread(target=receive, name="receive", daemon=True).start()
    try:
        Worker(inbox, send, time.perf_counter, storage).run()
    except Exception:
        # The screen is the only place where this can be read.
        send(WorkerEnded(1, traceback.format_exc()))
        sys.exit(1)


def _end(files: "RunFiles | None") -> None:
    """End a process whose worker was told to and does not, once it is writing nothing.

    One that computes will come to an end by itself, but not one that waits for what never comes.
    """
    began = time.monotonic()
    while True:
        computed = time.process_time()
        time.sleep(LOOK_SECONDS)
        waits = time.process_time() - computed < LOOK_SECONDS * WAITING_SHARE
        if files is not None and files.writing:
            continue
        if waits or time.monotonic() - began > MOST_SECONDS:
            os._exit(1)


def _ignore_terminal_signals() -> None:
    for name in ("SIGINT", "SIGHUP", "SIGTSTP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _silence_output() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
