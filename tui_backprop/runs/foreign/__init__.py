"""Other programs' files of a training's numbers: a file a reader, and one catalogue entry."""
