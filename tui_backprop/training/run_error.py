"""The one exception that storing, finding and reading runs raises."""


class RunError(ValueError):
    """A run cannot be used as asked. The message is one printable line: the file, the fault."""
