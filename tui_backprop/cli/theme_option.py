"""The option for the colours of the app."""

import click

THEMES = (
    *("textual-dark", "nord", "gruvbox", "dracula", "tokyo-night", "monokai", "flexoki"),
    *("catppuccin-mocha", "catppuccin-frappe", "catppuccin-macchiato", "solarized-dark"),
    *("rose-pine", "rose-pine-moon", "atom-one-dark"),
    *("textual-light", "catppuccin-latte", "solarized-light", "rose-pine-dawn", "atom-one-light"),
)
"""Textual's themes, the dark ones first, but for those that leave the colours to the terminal."""

theme_option = click.option(
    "--theme",
    type=click.Choice(THEMES),
    default=THEMES[0],
    metavar="NAME",
    help=f"Colours of the app; on a light terminal textual-light. One of: {', '.join(THEMES)}."
    f"  [default: {THEMES[0]}]",
)
