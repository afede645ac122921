"""Tests of the whole program on a pseudo-terminal."""
