"""Somebody's own code on the same screens: what a script of theirs calls."""
