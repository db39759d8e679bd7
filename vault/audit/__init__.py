"""The log: one entry for every act, written with what it records or not at all. Leaves are forever."""
