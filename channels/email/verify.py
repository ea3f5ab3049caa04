"""How far a mail's sender is proven. What a mail may do with that is `channels.admission`'s to say."""

from __future__ import annotations

from channels.email.mail import Verdict
from channels.message import Assurance

_ASSURANCE = {
    Verdict.PASS: Assurance.PROVEN,
    Verdict.NONE: Assurance.CLAIMED,
    Verdict.ABSENT: Assurance.CLAIMED,
    Verdict.TEMPERROR: Assurance.CLAIMED,
    Verdict.FAIL: Assurance.FAILED,
}


def assurance_of(verdict: Verdict) -> Assurance:
    """How sure we are of the sender. A passed SPF or DKIM that is not aligned with From is worth nothing."""
    return _ASSURANCE[verdict]
