"""What a person can set about a run: fields, values and the catalogue they come from. No NumPy."""
