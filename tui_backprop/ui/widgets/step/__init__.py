"""The panes of the step screen, one a file."""
