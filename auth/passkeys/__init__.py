"""Passkeys: signing in by a device that checked who holds it, opening the vault by what only it computes."""
