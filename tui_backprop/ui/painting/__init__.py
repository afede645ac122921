"""Widgets that paint their own lines, and only what changed."""
