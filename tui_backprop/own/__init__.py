"""Somebody's own code: nets that others wrote, checked as they are."""
