"""The training process and the client that talks to it."""
