"""Named and user-supplied data sets."""
