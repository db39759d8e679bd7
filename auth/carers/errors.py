"""What can go wrong between a person and those who look after them."""

from __future__ import annotations

from vault.errors import Conflict, Forbidden, Invalid


class NotTheHolder(Forbidden):
    code = "not-the-holder"
    advice = "Only who owns this vault, or holds it for somebody, can do this. A carer can't pass it on."


class HolderStays(Conflict):
    """Without a holder the vault would be nobody's; with fewer powers it couldn't be handed over whole."""

    code = "holder-stays"
    advice = "Whoever holds this vault keeps every power until it is handed over."


class PowerMissing(Forbidden):
    """A carer without the power that this needs; nothing says whether there is anything."""

    code = "power-missing"
    advice = "You may not do this for the person you look after. They, or who holds their vault, can allow it."


class NotWhileActing(Forbidden):
    code = "not-while-acting"
    advice = "You are in somebody else's vault. Go back to your own first."


class OtherPerson(Conflict):
    """A form that was opened in one person's vault arrives in another's."""

    code = "other-person"
    advice = "This form was opened in another person's vault. Nothing was saved. Go back to that person and try again."


class NoPowers(Invalid):
    code = "no-powers"
    advice = "Please tick at least one thing that they may do."


class TooManyInvitations(Conflict):
    code = "too-many-invitations"
    advice = "Five invitations are open already. Withdraw one first."


class TooManyPeople(Conflict):
    code = "too-many-people"
    advice = "You look after twenty people already, which is the most this vault allows."


class NotAnswered(Conflict):
    code = "invitation-not-answered"
    advice = "Nobody has answered this invitation yet, or it is over."


class StillHeld(Conflict):
    code = "vault-still-held"
    advice = "You hold this person's vault. Hand it over to them, or erase it, before you take them off your list."


class WrongDigits(Invalid):
    """Whoever answered is not who was meant, or the digits were misheard."""

    code = "wrong-digits"
    advice = "These are not the digits that they see. Ask them again. If they differ, take the invitation back."
