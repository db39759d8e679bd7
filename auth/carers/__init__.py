"""Who may act in another person's vault, and with which powers: the papers that say so, and the opening."""
