"""Products of vectors and a constant matrix as a graph of adders."""
