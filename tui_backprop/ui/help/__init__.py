"""The help screen: keys, and words for what a screen shows."""
