"""The book's data."""
