"""The test suite, laid out as the package is."""
