"""What somebody signed in does about looking after people: inviting, letting in, acting for them, ending it."""
