"""The main screen: hyperparameters, charts, gradients and status."""
