"""Who gets into a conversation: the whole decision table, row by row."""

from __future__ import annotations

import pytest

from channels.admission import Admission, admit, is_signed
from channels.email.mail import Verdict
from channels.email.verify import assurance_of
from channels.message import Assurance, Reference, ReferenceKind

RESUME, LOW, NEW, HOLD, QUARANTINE = (
    Admission.RESUME,
    Admission.RESUME_LOW_TRUST,
    Admission.NEW,
    Admission.HOLD,
    Admission.QUARANTINE,
)

# What our own server found | the sender takes part | the mail names the conversation by an id that we signed
TABLE = [
    (Verdict.PASS, True, True, RESUME),
    (Verdict.PASS, True, False, RESUME),
    (Verdict.PASS, False, True, HOLD),
    (Verdict.PASS, False, False, NEW),
    (Verdict.NONE, True, True, LOW),
    (Verdict.NONE, True, False, NEW),
    (Verdict.NONE, False, True, HOLD),
    (Verdict.NONE, False, False, NEW),
    (Verdict.ABSENT, True, True, LOW),
    (Verdict.ABSENT, True, False, NEW),
    (Verdict.ABSENT, False, True, HOLD),
    (Verdict.ABSENT, False, False, NEW),
    (Verdict.TEMPERROR, True, True, LOW),
    (Verdict.TEMPERROR, True, False, NEW),
    (Verdict.TEMPERROR, False, True, HOLD),
    (Verdict.TEMPERROR, False, False, NEW),
    (Verdict.FAIL, True, True, HOLD),
    (Verdict.FAIL, True, False, QUARANTINE),
    (Verdict.FAIL, False, True, QUARANTINE),
    (Verdict.FAIL, False, False, HOLD),
]


@pytest.mark.parametrize(("verdict", "participant", "signed", "admission"), TABLE)
def test_the_table_decides(verdict: Verdict, participant: bool, signed: bool, admission: Admission) -> None:
    assert admit(assurance_of(verdict), is_participant=participant, is_signed=signed) is admission


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASS])
def test_whoever_claims_to_be_a_colleague_without_proof_is_set_aside(verdict: Verdict) -> None:
    admission = admit(assurance_of(verdict), is_participant=True, is_signed=True, claims_our_domain=True)

    assert admission is QUARANTINE


def test_a_proven_colleague_is_a_sender_like_any_other() -> None:
    assert admit(Assurance.PROVEN, is_participant=False, is_signed=False, claims_our_domain=True) is NEW


def test_the_table_has_every_row() -> None:
    rows = {(verdict, participant, signed) for verdict, participant, signed, _ in TABLE}

    assert len(rows) == len(Verdict) * 2 * 2


@pytest.mark.parametrize(
    ("kind", "signed"),
    [(ReferenceKind.CONVERSATION, True), (ReferenceKind.OUTBOUND, True), (ReferenceKind.PROVIDER, False)],
)
def test_somebody_elses_id_is_not_signed(kind: ReferenceKind, signed: bool) -> None:
    assert is_signed(Reference(kind, "x")) is signed
