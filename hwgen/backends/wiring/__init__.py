"""Prints the steps of layers of constants, for both back ends from one list."""
