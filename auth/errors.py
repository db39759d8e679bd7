"""Errors of signing up and signing in. No text says whether an account exists, except at sign-up, where it must."""

from __future__ import annotations

from vault.errors import Conflict, Forbidden, Invalid, TooManyTries, VaultError


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


class LastRecoveryCode(Conflict):
    code = "last-recovery-code"
    advice = "This is your only recovery code that you have confirmed. Add another one first."


class TooManyWays(Conflict):
    code = "too-many-ways-in"
    advice = "You have very many ways in already. Please remove one that you don't use."


class BadWayName(Invalid):
    code = "bad-way-in-name"
    advice = "Please choose a name of up to 200 characters that can be shown."


class TooManySamples(TooManyTries):
    code = "too-many-samples"
    advice = "Many people are looking around just now. Please try again in an hour."


class ProofNeeded(VaultError):
    """No refusal: a question. Whoever answers it goes on."""

    code = "proof-needed"
    advice = "Please prove once more that it is you."


class WrongAppCode(Invalid):
    code = "wrong-app-code"
    advice = "This is not the code that your app shows now. Wait for the next one and try again."


class CodeNeeded(VaultError):
    """Signed in by passphrase; the second factor is still due, and until then nothing opens."""

    code = "code-needed"
    advice = "Please enter the code from your authenticator app."


class AdminsByProvider(Forbidden):
    """The operator wants administrators to come by single sign-on."""

    code = "admins-by-provider"
    advice = "Administrators sign in with their organisation's sign-in here, and unlock after it."


class NoProgramName(Invalid):
    code = "no-program-name"
    advice = "Please say which program this is for, in up to 200 characters."


class UnknownScope(Invalid):
    code = "unknown-scope"
    advice = "Please choose what it may do: read, add or everything."


class BadLifetime(Invalid):
    code = "bad-lifetime"
    advice = "A token lasts from one day to a year."


class TooManyPrograms(Conflict):
    code = "too-many-programs"
    advice = "Twenty tokens are out. Please end one first."


class NotForPrograms(Forbidden):
    """Only a person may do this, at their own sign-in."""

    code = "not-for-programs"
    advice = "A program's token can't do this. Sign in yourself."


class CodeNotLost(Invalid):
    """A carer's or a recovery code's: they end in another way."""

    code = "code-not-lost"
    advice = "Only a passkey or a passphrase can be taken out here. Make a new recovery sheet in place of a lost one."


class SameEmail(Invalid):
    code = "same-email"
    advice = "This is your address already."


class SampleStays(Forbidden):
    """What would make a sample of somebody real."""

    code = "sample-stays"
    advice = "This vault is a sample to look around in. Its address can't be changed."
