"""Synthetic interchanges of any size, and what is measured on them."""
