"""Wiring, HTTP API, pages and commands: the only room that knows a web framework or the environment."""
