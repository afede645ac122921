"""`python -m tui_backprop`: the same as the `tui-backprop` command."""

from tui_backprop.cli import main

if __name__ == "__main__":
    main()
