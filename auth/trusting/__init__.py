"""A trusted person: chosen beforehand, asked when every way in is lost, and a wait in which the citizen can say no."""
