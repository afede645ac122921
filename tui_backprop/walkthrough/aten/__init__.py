"""What PyTorch's operations do, in NumPy alone: derivations and words for a tape of a model."""
