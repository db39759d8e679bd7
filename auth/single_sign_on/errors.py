"""Why somebody did not get in by a provider. Each is logged by its code; none says whether an account exists."""

from __future__ import annotations

from auth.accounts import Account
from vault.errors import Conflict, NotFound, VaultError


class SingleSignOnRefused(VaultError):
    """What the provider or the browser brought back is not good enough. ``fault`` is the code in the log.

    ``account``: whose history it goes into, where that is known.
    """

    code = "single-sign-on-refused"
    advice = "The sign-in could not be checked, so it was not done. Please start again."
    fault = "sign-in-not-proven"
    account: Account | None = None

    def __init__(self, fault: str | None = None) -> None:
        super().__init__()
        if fault:
            self.fault = fault


class SignInOver(SingleSignOnRefused):
    """Unknown, used before, older than ten minutes, or begun in another browser."""

    code = "sign-in-over"
    advice = "This sign-in took too long, was used before, or began in another browser. Please start again."
    fault = "sign-in-over"


class NotSignedInThere(SingleSignOnRefused):
    """The provider said no, or the person did."""

    code = "not-signed-in-there"
    advice = "You were not signed in there, so nothing was done here."
    fault = "not-signed-in-there"


class EmailNotVerified(SingleSignOnRefused):
    code = "email-not-verified"
    advice = "Your e-mail address is not confirmed there. Please confirm it with them first, then try again."
    fault = "email-not-verified"


class NotAnAdmin(SingleSignOnRefused):
    code = "not-an-admin"
    advice = "This sign-in is not one of an administrator of this vault. Your administrator's group decides that."
    fault = "not-an-admin"


class ProviderUnavailable(VaultError):
    code = "provider-unavailable"
    advice = "Where you sign in does not answer just now. Please try again soon, or use another way."


class NoSuchProvider(NotFound):
    code = "no-such-provider"
    advice = "There is no sign-in of this name here."


class IdentityTaken(Conflict):
    code = "identity-taken"
    advice = "This sign-in belongs to another account already. Unlink it there first."


class TooManyLinked(Conflict):
    code = "too-many-linked"
    advice = "You have very many sign-ins linked already. Please unlink one that you don't use."
