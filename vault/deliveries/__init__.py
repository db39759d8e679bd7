"""Deliveries: what labs and doctors put into a vault while it is locked, and its way in at the next unlock."""
