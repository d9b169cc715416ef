"""Design-space search: many foldings of one network, and the best of them."""
