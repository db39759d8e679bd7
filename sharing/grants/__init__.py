"""Consents that were given: preview, issue, list, receipts, withdraw."""
