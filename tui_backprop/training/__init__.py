"""Training a network: hyperparameters, trainer, statistics, history."""
