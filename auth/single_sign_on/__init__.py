"""Single sign-on: providers by configuration, attempts, ID tokens, linked identities. HTTP is the app's."""
