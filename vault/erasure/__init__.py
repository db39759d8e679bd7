"""Erasing: keys destroyed, bytes scrubbed, a certificate of it, and a ledger that survives a restored backup."""
