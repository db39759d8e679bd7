"""The consent, pure: what a citizen's terms say, what they permit, what an opening may do. No I/O, no keys."""
