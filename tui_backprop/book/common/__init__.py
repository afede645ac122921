"""What the book's chapters share."""
