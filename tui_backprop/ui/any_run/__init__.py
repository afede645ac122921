"""The screen of a run of anybody's: charts of whatever metrics it has, read-only."""
