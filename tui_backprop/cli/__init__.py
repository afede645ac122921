"""The command line. A command loads what it needs when it is named, NumPy and Textual last."""
