"""What can go wrong with a trusted person."""

from __future__ import annotations

from vault.errors import Conflict, Forbidden, Invalid


class BadWait(Invalid):
    code = "bad-wait"
    advice = "Please choose from 7 to 30 days."


class HasTrustedPerson(Conflict):
    code = "has-trusted-person"
    advice = "You have a trusted person. Remove them first, then invite another."


class NotAnsweredYet(Conflict):
    code = "trusted-not-answered"
    advice = "Nobody has answered this invitation yet, or it is over."


class NoWayBack(Forbidden):
    """No account, no trusted person, no ask, or it was refused: the same answer."""

    code = "no-way-back"
    advice = "There is no way back open here. It may have been refused, or it is over. You can ask again."


class TooEarly(Forbidden):
    """Right, and the time isn't over yet."""

    code = "too-early"
    advice = "The waiting time isn't over yet."


class NotHandedYet(Forbidden):
    code = "not-handed-yet"
    advice = "Your trusted person hasn't handed their half over yet. Speak with them; your code stays good."
