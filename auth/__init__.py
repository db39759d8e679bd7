"""Who is asking, in which role. This room never sees a record and never looks inside a key."""
