"""What a screen can show of a run in training: each view is a computation here, and a widget."""
