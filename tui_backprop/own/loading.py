"""FILE.py:NAME: running somebody's file, and building what NAME in it builds."""

import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from tui_backprop.printable import printable

_TARGET = re.compile(r"(?P<file>.+\.py):(?P<name>[^\W\d]\w*)")
_FORM = "it has to return (network, x, t)"


class OwnCodeError(Exception):
    """Somebody's file cannot be used; the message is one printable line."""


def is_target(text: str) -> bool:
    """Whether a text is of the form FILE.py:NAME, which no run's id is."""
    return _TARGET.fullmatch(text) is not None


def load_target(text: str) -> tuple[Any, Any, Any]:
    """Run a file and return the (network, x, t) that NAME in it builds, or is.

    The file is run as Python runs a script: its folder is where it imports from.

    Raises:
        OwnCodeError: there is no such file or name, the file fails, or what NAME builds is not
            three things.
    """
    found = _TARGET.fullmatch(text)
    assert found is not None
    path, name = Path(found["file"]), found["name"]
    if not path.is_file():
        raise OwnCodeError(f"{printable(path)}: there is no such file")
    module = _run(path)
    if not hasattr(module, name):
        raise OwnCodeError(f"{printable(path)} has no {printable(name)}")
    built = getattr(module, name)
    if callable(built) and not isinstance(built, tuple):
        built = guarded(built, path)
    if not isinstance(built, (tuple, list)) or len(built) != 3:
        kind = f"{len(built)} things" if isinstance(built, (tuple, list)) else type(built).__name__
        raise OwnCodeError(f"{printable(path)}:{printable(name)} gave {kind}: {_FORM}")
    network, x, t = built
    return network, x, t


def guarded(call: Callable[[], Any], path: Path) -> Any:
    """Return what a call of somebody's code returns.

    Raises:
        OwnCodeError: it raised anything, or wanted to leave the program.
    """
    try:
        return call()
    except (Exception, SystemExit) as error:  # whatever their code raises
        _fail(error, path)


def _run(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise OwnCodeError(f"{printable(path)} cannot be run")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules[path.stem] = module
    loader = spec.loader
    guarded(lambda: loader.exec_module(module), path)
    return module


def _fail(error: BaseException, path: Path) -> NoReturn:
    """Raise one line: what their code raised, and where in it; the last place within its folder."""
    kind = type(error).__name__
    said = f"{kind}: {error}" if str(error) else kind
    folder = path.resolve().parent
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if folder in Path(frame.filename).resolve().parents]
    where, line = str(path), getattr(error, "lineno", None)
    if own:
        where, line = own[-1].filename, own[-1].lineno
        where = str(path) if Path(where).resolve() == path.resolve() else where
    place = f"{printable(where)}, line {line}" if line else printable(where)
    raise OwnCodeError(f"{place}: {printable(said, 300)}") from error
