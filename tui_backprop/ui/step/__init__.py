"""The step screen: one minibatch, operation by operation, and its panes."""
