"""Tests of the walkthrough: tape, derivations, gradient check, transcript."""
