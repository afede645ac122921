"""The README beside the code: its example is a tape."""

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np

import tui_backprop.tape_file
from tests.tape_file.test_tape_file import tape_in
from tui_backprop.walkthrough.derivation import derive

README = Path(tui_backprop.tape_file.__path__[0]) / "README.md"


def test_the_example_is_read_and_derives() -> None:
    found = re.search(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert found is not None
    rng = np.random.default_rng(0)
    x, W, b = (rng.random(shape).astype(np.float32) for shape in ((2, 3), (3, 4), (4,)))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tape.json", found[1])
        for number, array in enumerate((x, W, b, x @ W + b)):
            with archive.open(f"{number}.npy", "w") as member:
                np.save(member, array)
    tape = tape_in(file.getvalue())
    assert derive(tape, 1, (1, 3)).agrees
    assert json.loads(found[1])["format"] == 1
