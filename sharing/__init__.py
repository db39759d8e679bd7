"""Consent and links: who may see what, until when. This room never sees a vault key."""
