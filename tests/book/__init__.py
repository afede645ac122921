"""The book's scripts on the book's module names."""
