"""Records of one vault: what came in, kept under seal, listed from sealed index segments."""
