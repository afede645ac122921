"""Stand-ins, cell for cell, for characters that the terminal's encoding does not have."""

import unicodedata
from functools import lru_cache

from rich.cells import cell_len

_LOOKALIKES = {
    character: stand_in
    for characters, stand_in in (
        ("─━═╌┄╴╶╸╺–—−▔▁", "-"),
        ("│┃║╎┆‖▏▎▍▌▐▊▕", "|"),
        ("╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬", "+"),
        ("╍", ":"),
        ("▂▃…·◌", "."),
        ("▄▅", "="),
        ("▆▇█▀■░▒▓", "#"),
        ("●•∗", "*"),
        ("○", "o"),
        ("✓√▼↓", "v"),
        ("▲↑", "^"),
        ("▶→", ">"),
        ("◀←", "<"),
        ("✗×", "x"),
        ("↻", "@"),
        ("η", "n"),
        ("∂", "d"),
        ("Δ", "D"),
        ("Σ∑", "S"),
    )
    for character in characters
}


@lru_cache(maxsize=1024)
def stand_in(character: str, encoding: str) -> str:
    """Return the character if `encoding` has it, or else what stands in its cells."""
    if _is_encodable(character, encoding):
        return character
    width = cell_len(character)
    for candidate in (_LOOKALIKES.get(character, ""), unicodedata.normalize("NFKD", character)[:1]):
        if cell_len(candidate) == width and _is_encodable(candidate, encoding):
            return candidate
    return "?" * width


def encodable(text: str, encoding: str) -> str:
    """Return the text with a stand-in for each character that `encoding` does not have."""
    if text.isascii() or encoding == "utf-8":
        return text
    return "".join(stand_in(character, encoding) for character in text)


def _is_encodable(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
