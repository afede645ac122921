"""The book repository's modules under its own names, for its scripts of chapters 4 to 8.

A script runs with its imports changed alone: `common.layers` becomes
`tui_backprop.book.common.layers`, `dataset.mnist` becomes `tui_backprop.book.dataset.mnist`, and
`two_layer_net`, `simple_convnet` and `deep_convnet` are in `tui_backprop.book` itself.

What is random here is drawn from NumPy's global generator, as in the book: `np.random.seed` decides
it.
"""
