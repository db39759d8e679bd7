"""One's own vault as one sealed file, to keep and to open without the server. docs/specs/archive.md."""
