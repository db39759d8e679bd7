"""Who can open a vault: manifest, slots, sessions, key provider. It hands out one opaque unlocked ``Keyring``."""
