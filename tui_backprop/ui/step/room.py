"""How panels share a width or a height: each what it needs, before another gets blanks."""

from collections.abc import Sequence


def shares(needs: Sequence[int], room: int) -> list[int]:
    """Return what each of some panels gets of the room, all of which is given away.

    Those that need no more than an even share of what is left get it; the others share the rest
    evenly. What nobody needs is shared in proportion to the needs.
    """
    got = [0] * len(needs)
    left = room
    waiting = sorted(range(len(needs)), key=lambda at: needs[at])
    while waiting:
        at = waiting.pop(0)
        got[at] = min(needs[at], left // (len(waiting) + 1))
        left -= got[at]
    weights = [max(1, need) for need in needs]
    for at in range(len(got)):
        extra = left * weights[at] // sum(weights[at:])
        got[at] += extra
        left -= extra
    return got
