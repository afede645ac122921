"""The names of a run's files, but for its lock's."""

CONFIG_NAME = "config.toml"
METRICS_NAME = "metrics.jsonl"
LAYERS_NAME = "layers.jsonl"
CHECKPOINT_NAME = "checkpoint.npz"
