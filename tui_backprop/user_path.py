"""Paths as a person types them, in a form's field or an option that no shell has seen."""

from pathlib import Path


def expanded(path: Path) -> Path:
    """Return `path` with a leading ~ replaced; where it names nobody's home, it stays as it is."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
