"""What a record means: reading, units, ranges, the catalogue. Pure: no storage, no keys, no clock of its own."""
