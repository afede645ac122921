"""Text from outside made safe to show: no control character or escape reaches the terminal raw."""


def printable(text: object, limit: int = 200) -> str:
    """Return `text` as one line of printable characters, at most `limit` long.

    Control, formatting and surrogate characters become their Python escapes (ESC shows as \\x1b),
    so a file name or an option value can be quoted in a message without steering the terminal.
    """
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(text)
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
