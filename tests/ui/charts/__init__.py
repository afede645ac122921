"""Tests of the chart models and of what draws them."""
