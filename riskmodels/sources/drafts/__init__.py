"""A first source file for an unknown file: what its columns look like, and what they may be."""
