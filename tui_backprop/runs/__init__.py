"""Runs on disk: recorded, listed, followed, resumed."""
