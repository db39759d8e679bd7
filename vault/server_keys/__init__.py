"""The server's own keys: where they lie, how they change, and how they move."""
