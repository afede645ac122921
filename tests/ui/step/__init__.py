"""Tests of the step screen without a terminal."""
