"""Documents as pictures: which files can be shown, and their pages as clean images."""
