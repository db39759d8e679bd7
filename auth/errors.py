"""Errors of signing up and signing in. No text says whether an account exists, except at sign-up, where it must."""

from __future__ import annotations

from vault.errors import Conflict, Invalid, TooManyTries


class BadEmail(Invalid):
    code = "bad-email"
    advice = "Please enter an e-mail address such as name@example.org."


class BadName(Invalid):
    code = "bad-name"
    advice = "Please enter your name, up to 200 characters."


class BadBirthDate(Invalid):
    code = "bad-birth-date"
    advice = "Please enter your date of birth as a real day, such as 1980-04-05."


class EmailTaken(Conflict):
    code = "email-taken"
    advice = "There is already an account for this e-mail address. Sign in instead."


class WrongRecoveryGroup(Invalid):
    code = "wrong-recovery-group"
    advice = "This is not the last group of your recovery code. Look at the sheet you kept and try again."


class TooManySamples(TooManyTries):
    code = "too-many-samples"
    advice = "Many people are looking around just now. Please try again in an hour."
