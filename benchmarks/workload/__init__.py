"""What the benchmarks work on, and how they measure memory."""
