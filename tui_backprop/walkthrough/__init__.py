"""One minibatch, operation by operation, with every number explained."""
