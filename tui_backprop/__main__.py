"""Where the program begins, as `tui-backprop` and as `python -m tui_backprop`."""

import sys

from tui_backprop.cli.interruption import leave_at_once_on_signals


def run() -> None:
    """Run the command that the arguments name; a signal ends it with 128 and its number."""
    leave_at_once_on_signals()
    # Only now: what these import takes a while.
    from tui_backprop.cli.main import main
    from tui_backprop.printable import printable

    try:
        main()
    except MemoryError as error:
        print(f"Error: not enough memory: {printable(error, 300)}".rstrip(": "), file=sys.stderr)  # noqa: T201
        sys.exit(2)


if __name__ == "__main__":
    run()
