"""The table's place in the README."""

BEGIN, END = "<!-- benchmark -->", "<!-- /benchmark -->"


def with_table(readme: str, table: str) -> str:
    """Return the README's text with `table` between its two marks.

    Raises:
        ValueError: the marks are not there, in this order.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} followed by {END} to put the table between")
    return f"{before}{BEGIN}\n\n{table.strip()}\n\n{END}{after}"
