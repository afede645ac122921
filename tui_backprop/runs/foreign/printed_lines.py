"""Numbers in what a training prints, as `loss=0.3`, `{'loss': '1.9'}`, `Epoch 3/10 … acc: 0.9`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tui_backprop.runs.foreign.reading import Reading

LONGEST = 2000
"""Of a longer line the rest is not looked at."""

MOST_NAMES = 200

_NUMBER = re.compile(
    r"(?<![\w.])[-+]?"
    r"(?:(?:(?:\d+(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|(?:nan|inf(?:inity)?)(?!\w))",
    re.IGNORECASE,
)
_OF = re.compile(r"\s*/\s*(\d{1,15})")
_WRAPPED = re.compile(r"\b(?:tensor|(?:np\.)?float\d+|array)\(")
_UNIT = re.compile(r"[A-Za-zµ%/]*")
_CUT = re.compile(r"[,;|()\[\]{}<>…•━─=>#*\t]+|\s[-–—]\s|:(?=\s*\S*[A-Za-z])")
_KEY = re.compile(r"[A-Za-z_][\w./@\-]*(?: [A-Za-z_][\w./@\-]*){0,2}")
_LEVELS = {"info", "debug", "warning", "warn", "error"}

_STEP_WORDS = {"step", "steps", "iter", "iters", "iteration", "iterations", "global_step", "it"}
_EPOCH_WORDS = {"epoch", "epochs"}
_METRIC_WORDS = frozenset(
    {
        *("loss", "acc", "accuracy", "err", "error", "mse", "mae", "rmse", "f1", "auc", "map"),
        *("ppl", "perplexity", "bleu", "reward", "return", "score", "precision", "recall", "iou"),
        *("lr", "norm", "grad", "time", "mfu", "train", "val", "valid", "test", "eval"),
    }
)
"""Words of which a name has one, where nothing but a space stands between it and its number."""

_NAMES_AND_VALUES = re.compile(r"([^|\d]+)\|([^|A-Za-z]+)$")
_SHARE = re.compile(r"(?:^\s*|[\[|]\s*)(\d{1,15})\s*/\s*(\d{1,15})(?=[\s\]\[(]|$)")
_ENDS_WITH_EPOCH = re.compile(r"epochs?\W*$", re.IGNORECASE)


class _Found(NamedTuple):
    name: str
    value: float
    certain: bool


class PrintedLines:
    """Finds the numbers in lines, and where the training is.

    Where a line tells a share of the epoch (`120/938 …`, `Epoch: 1 [640/60000 (1%)]`), that and the
    newest epoch told count; or else its own step, its own epoch, or the newest epoch.
    """

    def __init__(self) -> None:
        self._epoch: float | None = None
        self._names: set[str] = set()

    def readings(self, line: str) -> list[Reading]:
        """Return the numbers of one line, which has no escapes in it."""
        line = _WRAPPED.sub("", line[:LONGEST])
        found = list(_listed(line) or _found(line))
        step = epoch = None
        values: dict[str, float] = {}
        for name, value, certain in found:
            word = name.lower().split(" ")[-1]
            if word in _STEP_WORDS:
                step = value
            elif word in _EPOCH_WORDS:
                epoch = value
            elif certain or not _METRIC_WORDS.isdisjoint(re.split(r"[\s/_.\-]+", name.lower())):
                values.setdefault(name, value)
        if epoch is not None:
            self._epoch = epoch
        at = _within(self._epoch, line)
        at = at if at is not None else step if step is not None else self._epoch
        return [Reading(name, at, value) for name, value in values.items() if self._is_known(name)]

    def _is_known(self, name: str) -> bool:
        if len(self._names) < MOST_NAMES:
            self._names.add(name)
        return name in self._names


def _within(epoch: float | None, line: str) -> float | None:
    """Return how many epochs are done, if a line tells its share of the epoch.

    Where no epoch was told, its count stands alone: `450/1000 [00:10<00:12, …]`.
    """
    for share in _SHARE.finditer(line):
        done, whole = int(share[1]), int(share[2])
        if not whole or _ENDS_WITH_EPOCH.search(line[: share.start()]):
            continue
        return float(done) if epoch is None else max(0.0, epoch - 1 + min(1.0, done / whole))
    return None


def _listed(line: str) -> list[_Found]:
    """Return what names with their values behind them tell: `train acc, test acc | 0.1, 0.2`."""
    match = _NAMES_AND_VALUES.fullmatch(line.strip())
    if match is None:
        return []
    names = [name.strip() for name in match[1].split(",")]
    values = [_number(value.strip()) for value in match[2].split(",")]
    if len(names) != len(values) or not all(_KEY.fullmatch(name) for name in names):
        return []
    return [_Found(n, v, True) for n, v in zip(names, values, strict=True) if v is not None]


def _found(line: str) -> Iterator[_Found]:
    """Yield the numbers before which a name stands."""
    at = 0
    while (match := _NUMBER.search(line, at)) is not None:
        before = line[at : match.start()]
        unit = _UNIT.match(line, match.end())
        assert unit is not None
        at = unit.end()
        value = _number(match[0])
        name, certain = _name(before)
        whole = _OF.match(line, match.end())
        if whole is not None:
            at = max(at, whole.end())
            if value is not None and not _is_position(name) and int(whole[1]):
                value /= int(whole[1])
        if name and value is not None:
            yield _Found(name, value, certain)


def _is_position(name: str) -> bool:
    return name.lower().split(" ")[-1] in _STEP_WORDS | _EPOCH_WORDS


def _name(before: str) -> tuple[str, bool]:
    """Return the name that ends a text, and whether a colon or equals sign follows it."""
    text = before.rstrip(" '\"[")
    certain = text.endswith((":", "="))
    only_last_word = text.endswith("=")
    text = text.rstrip(" :=").rstrip("'\" ")
    text = _CUT.split(text)[-1].strip(" '\"-")
    words = text.split()
    while words and words[0].lower().strip("[]") in _LEVELS:
        del words[0]
    if only_last_word:
        words = words[-1:]
    name = " ".join(words[-3:])
    return (name, certain) if _KEY.fullmatch(name) else ("", False)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
