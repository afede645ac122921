"""Tests of the main screen."""
