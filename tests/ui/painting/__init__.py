"""Tests of painted lines."""
