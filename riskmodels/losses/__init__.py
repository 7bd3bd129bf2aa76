"""What losses may cost: their number and size, and the distribution of their sum."""
