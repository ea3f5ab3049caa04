"""Who somebody at the desk is: whether they work here, and whether they are the customer themselves."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from channels.staff import Member

_PHONE = re.compile(r"(\+|00)[\d\s()./-]{6,}")


class Identities:
    """Which names are one person's: `linked` holds member ids, mail addresses and phone numbers, a set for each."""

    def __init__(self, linked: Sequence[Collection[str]] = ()) -> None:
        self._linked = [{_canonical(name) for name in names} for names in linked]

    def is_one_of(self, member: Member, addresses: Collection[str]) -> bool:
        """Whether any of these addresses is this member's, by whatever name they write."""
        own = {_canonical(name) for name in (member.member_id, member.email, member.phone) if name}
        for names in self._linked:
            if own & names:
                own |= names
        return not own.isdisjoint(_canonical(address) for address in addresses)

    def are_one(self, name: str, other: str) -> bool:
        """Whether two names, as deciders have them (`U0123`, `cli:ada`), are known to be one person's."""
        both = {_canonical(name), _canonical(other)}
        return len(both) == 1 or any(both <= names for names in self._linked)


def unfit(member: Member, team_id: str, *, to: str) -> str:
    """Why somebody is not one of the staff, as a sentence about what they want `to` do; "" where they are."""
    if member.is_bot:
        return f"Bots cannot {to}."
    if not member.is_active:
        return "This account is deactivated."
    if member.is_stranger or (team_id and member.team_id and member.team_id != team_id):
        return f"People of other organisations cannot {to}."
    if member.is_guest:
        return f"Guests cannot {to}."
    return ""


def _canonical(name: str) -> str:
    """One spelling for mail addresses, member ids and phone numbers, however a profile writes them."""
    name = name.strip().casefold().removeprefix("whatsapp:")
    if "@" in name or not _PHONE.fullmatch(name):
        return name
    digits = "".join(sign for sign in name.replace("(0)", "") if sign.isdigit())
    return f"+{digits.removeprefix('00')}"
