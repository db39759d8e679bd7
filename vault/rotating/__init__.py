"""New keys for a whole vault, so that what a lost device knew opens nothing any more. docs/specs/rotation.md."""
