"""Damage done on purpose, and what is left afterwards."""
