"""Tests of the training process and its client."""
