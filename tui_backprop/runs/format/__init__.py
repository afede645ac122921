"""The files of a run, a contract that others may read and write. Knows no Trainer."""
