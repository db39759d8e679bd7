"""SMART Health Links: their text and files, opening them while the citizen is away, ending them."""
