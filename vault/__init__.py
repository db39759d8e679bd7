"""The vault: records, keys, health data and the log. It imports no sibling room and no web framework."""
