"""Side-by-side timings: `python -m tests.benchmarks` measures and writes one Markdown table."""
