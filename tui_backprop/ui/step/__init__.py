"""The step screen's state and its numbers, without widgets."""
