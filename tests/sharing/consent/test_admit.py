"""``admit`` under Hypothesis: what no proof can buy, and what each proof is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sharing.consent.admit import LIFETIME_TRIES, Admitted, Denial, Denied, LinkState, Proof, admit

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

states = st.builds(
    LinkState,
    starts_at=st.timedeltas(-48 * HOUR, HOUR).map(lambda each: NOW + each),
    ends_at=st.timedeltas(-HOUR, 48 * HOUR).map(lambda each: NOW + each),
    withdrawn_at=st.none() | st.just(NOW - HOUR),
    has_keys=st.booleans(),
    needs_passcode=st.booleans(),
    tries=st.integers(0, LIFETIME_TRIES),
    opens=st.integers(0, 5),
    max_opens=st.none() | st.integers(1, 5),
    actions=st.just(frozenset({"view"})) | st.just(frozenset({"view", "print"})),
    frozen_at=st.none() | st.just(NOW - HOUR),
    needs_sign_in=st.booleans(),
)
proofs = st.builds(Proof, *(st.booleans() for _ in range(6)))
STRONGEST = Proof(True, True, True, True, True, True)
LIVE = LinkState(NOW - HOUR, NOW + HOUR, None, True, True, 0, 0, 1, frozenset({"view"}))


def admits(state: LinkState, proof: Proof, action: str = "view") -> bool:
    return isinstance(admit(state, proof, action, NOW), Admitted)


@given(states, proofs, st.sampled_from(["view", "print", "download", "made-up"]))
def test_it_always_answers(state: LinkState, proof: Proof, action: str) -> None:
    assert isinstance(admit(state, proof, action, NOW), Admitted | Denied)


@given(states)
def test_no_proof_opens_an_ended_link(state: LinkState) -> None:
    ended = [
        replace(state, withdrawn_at=NOW),
        replace(state, ends_at=NOW),
        replace(state, starts_at=NOW + HOUR),
        replace(state, has_keys=False),
    ]
    assert not any(admits(each, STRONGEST) for each in ended)


@given(states, proofs)
def test_an_action_nobody_agreed_to_is_refused(state: LinkState, proof: Proof) -> None:
    assert not admits(replace(state, actions=frozenset({"view"})), proof, "download")


@given(states, proofs)
def test_without_token_or_right_passcode_a_protected_link_stays_shut(state: LinkState, proof: Proof) -> None:
    bare = replace(proof, has_token=False, passcode_right=False)
    assert not admits(replace(state, needs_passcode=True), bare)


@given(states, proofs)
def test_a_used_up_link_counts_no_new_open(state: LinkState, proof: Proof) -> None:
    used_up = replace(state, max_opens=2, opens=2)
    found = admit(used_up, proof, "view", NOW)
    assert found != Admitted(counts=True)


@given(states, proofs)
def test_more_opens_and_tries_never_enlarge(state: LinkState, proof: Proof) -> None:
    worn = replace(state, opens=state.opens + 1, tries=LIFETIME_TRIES)
    assert admits(worn, proof) <= admits(state, proof)


def test_a_viewing_token_works_again_when_the_opens_are_used_up() -> None:
    used_up = replace(LIVE, opens=1, tries=LIFETIME_TRIES)
    assert admit(used_up, Proof(has_token=True), "view", NOW) == Admitted(counts=False)


def test_the_same_stated_recipient_still_needs_the_passcode() -> None:
    assert admit(replace(LIVE, opens=1), Proof(is_counted=True), "view", NOW) == Denied(Denial.PASSCODE_MISSING)


def test_a_locked_link_is_refused_for_that_and_not_for_the_passcode() -> None:
    locked = replace(LIVE, tries=LIFETIME_TRIES)
    assert admit(locked, Proof(passcode_given=True), "view", NOW) == Denied(Denial.LOCKED)


def test_a_used_up_link_is_no_oracle_for_its_passcode() -> None:
    used_up = replace(LIVE, opens=1)
    for given_one in (False, True):
        assert admit(used_up, Proof(passcode_given=given_one), "view", NOW) == Denied(Denial.USED_UP)


@given(states, proofs)
def test_a_link_for_one_person_opens_for_nobody_else_who_begins_an_open(state: LinkState, proof: Proof) -> None:
    bound = replace(state, needs_sign_in=True)
    assert not admits(bound, replace(proof, is_reader=False, has_token=False))


@given(proofs)
def test_a_sign_in_stands_for_no_passcode_and_no_passcode_for_a_sign_in(proof: Proof) -> None:
    both = replace(LIVE, needs_sign_in=True)
    assert not admits(both, replace(proof, has_token=False, passcode_right=False))
    assert not admits(both, replace(proof, has_token=False, is_reader=False, passcode_right=True))


def test_who_has_not_signed_in_is_told_apart_from_somebody_else() -> None:
    bound = replace(LIVE, needs_sign_in=True, needs_passcode=False)
    assert admit(bound, Proof(), "view", NOW) == Denied(Denial.SIGN_IN_MISSING)
    assert admit(bound, Proof(signed_in=True), "view", NOW) == Denied(Denial.SIGN_IN_WRONG)
    assert admits(bound, Proof(signed_in=True, is_reader=True))
