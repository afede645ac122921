"""The one exception that loading a dataset raises."""


class DatasetError(ValueError):
    """A dataset cannot be loaded. The message is one printable line: the file, what is wrong."""
