"""Who gets into a conversation: what a message may do that names one, by who sent it and how sure we are of that.

An id in a message selects a conversation; it never opens it. Only a participant of that conversation gets in, and
only while authentication does not fail. Everybody else starts a conversation of their own, or waits for a person.
"""

from __future__ import annotations

from enum import StrEnum

from channels.message import Assurance, Reference, ReferenceKind


class Admission(StrEnum):
    """What becomes of a mail."""

    RESUME = "resume"  # it continues the conversation
    RESUME_LOW_TRUST = "resume_low_trust"  # it does, but the sender is not proven: no side effects without a person
    NEW = "new"  # a conversation of its own, linked as related where it named one
    HOLD = "hold"  # a conversation of its own, in which a person speaks first
    QUARANTINE = "quarantine"  # kept and shown to people, answered by nobody


def admit(assurance: Assurance, *, is_participant: bool, is_signed: bool, claims_our_domain: bool = False) -> Admission:
    """What becomes of a mail that names a conversation, or none.

    `is_participant`: the sender takes part in the conversation that the mail names. `is_signed`: it names it by an id
    that we signed. `claims_our_domain`: the From address is of our own domain, as a colleague's would be.
    """
    if assurance is Assurance.PROVEN:
        return _admit_proven(is_participant=is_participant, is_signed=is_signed)
    if claims_our_domain:
        return Admission.QUARANTINE
    if assurance is Assurance.FAILED:
        # A relay or a mailing list may have broken a genuine signature; an impostor would name what they know.
        return Admission.HOLD if is_participant == is_signed else Admission.QUARANTINE
    if is_participant and is_signed:
        return Admission.RESUME_LOW_TRUST
    # A signed id in foreign hands was passed on, or taken.
    return Admission.HOLD if is_signed else Admission.NEW


def is_signed(reference: Reference) -> bool:
    """Whether a reference can only have come from a message of ours."""
    return reference.kind in (ReferenceKind.CONVERSATION, ReferenceKind.OUTBOUND)


def _admit_proven(*, is_participant: bool, is_signed: bool) -> Admission:
    if is_participant:
        return Admission.RESUME
    return Admission.HOLD if is_signed else Admission.NEW
