"""Work that repeats: a leased table, so that one process at a time runs each job, and a runner inside the server."""
