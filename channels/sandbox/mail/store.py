"""The mailboxes of the simulated provider: folders of immutable mails with UIDs, remembered in a journal."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from channels.sandbox.journal import Journal

INBOX = "INBOX"
SENT = "Sent"
JUNK = "Junk"
FOLDERS = {INBOX: "", SENT: "\\Sent", JUNK: "\\Junk"}


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail in a folder."""

    uid: int
    raw: bytes
    arrived_at: datetime
    flags: frozenset[str] = frozenset()


@dataclass(slots=True)
class Folder:
    """A mailbox in the IMAP sense. Whoever watches it waits on `changed`."""

    uidvalidity: int
    uidnext: int = 1
    mails: dict[int, StoredMail] = field(default_factory=dict)
    watchers: set[asyncio.Event] = field(default_factory=set)

    def wake(self) -> None:
        """Tell every watcher that something changed."""
        for watcher in self.watchers:
            watcher.set()


class MailStore:
    """All mailboxes of all addresses. Each change is in the journal before anybody sees it."""

    def __init__(self, journal: Journal, *, clock: Callable[[], datetime]) -> None:
        self._journal = journal
        self._clock = clock
        self._folders: dict[tuple[str, str], Folder] = {}
        for fact in journal.facts():
            self._replay(fact)

    def addresses(self) -> tuple[str, ...]:
        """Every address that has a mailbox."""
        return tuple(sorted({address for address, _ in self._folders}))

    def folder(self, address: str, name: str = INBOX) -> Folder:
        """The folder, made when first asked for."""
        key = (account_of(address), _folder_name(name))
        if key not in self._folders:
            self._folders[key] = Folder(uidvalidity=int(self._clock().timestamp()))
            self._note("folder", key, uidvalidity=self._folders[key].uidvalidity)
        return self._folders[key]

    def has_folder(self, address: str, name: str) -> bool:
        """Whether a folder is there: the usual ones always are."""
        return _folder_name(name) in FOLDERS or (account_of(address), _folder_name(name)) in self._folders

    def folder_names(self, address: str) -> tuple[str, ...]:
        """The usual folders, and those that were made."""
        made = {name for account, name in self._folders if account == account_of(address)}
        return tuple(dict.fromkeys((*FOLDERS, *sorted(made))))

    def add(
        self, address: str, raw: bytes, *, name: str = INBOX, flags: Iterable[str] = (), at: datetime | None = None
    ) -> StoredMail:
        """Put a mail into a folder."""
        folder = self.folder(address, name)
        mail = StoredMail(folder.uidnext, raw, at or self._clock(), frozenset(flags))
        key = (account_of(address), _folder_name(name))
        self._note(
            "mail",
            key,
            uid=mail.uid,
            at=mail.arrived_at.isoformat(),
            flags=sorted(mail.flags),
            raw=b64encode(raw).decode(),
        )
        _put(folder, mail)
        folder.wake()
        return mail

    def set_flags(self, address: str, name: str, uid: int, flags: Iterable[str]) -> StoredMail:
        """Replace a mail's flags."""
        folder = self.folder(address, name)
        mail = replace(folder.mails[uid], flags=frozenset(flags))
        self._note("flags", (account_of(address), _folder_name(name)), uid=uid, flags=sorted(mail.flags))
        folder.mails[uid] = mail
        folder.wake()
        return mail

    def remove(self, address: str, name: str, uid: int) -> None:
        """Take a mail out of a folder for good."""
        folder = self.folder(address, name)
        self._note("removed", (account_of(address), _folder_name(name)), uid=uid)
        folder.mails.pop(uid, None)
        folder.wake()

    def renumber(self, address: str, name: str = INBOX) -> None:
        """Give every mail a new UID under a new UIDVALIDITY, as servers do that lost or moved their index."""
        folder = self.folder(address, name)
        mails = list(folder.mails.values())
        folder.uidvalidity += 1
        folder.uidnext = 1
        folder.mails.clear()
        self._note("folder", (account_of(address), _folder_name(name)), uidvalidity=folder.uidvalidity)
        for mail in mails:
            self.add(address, mail.raw, name=name, flags=mail.flags, at=mail.arrived_at)

    def _note(self, kind: str, key: tuple[str, str], **facts: Any) -> None:
        self._journal.append({"kind": kind, "address": key[0], "folder": key[1], **facts})

    def _replay(self, fact: dict[str, Any]) -> None:
        key = (fact["address"], fact["folder"])
        match fact["kind"]:
            case "folder":
                self._folders[key] = Folder(uidvalidity=fact["uidvalidity"])
            case "mail":
                arrived_at = datetime.fromisoformat(fact["at"])
                mail = StoredMail(fact["uid"], b64decode(fact["raw"]), arrived_at, frozenset(fact["flags"]))
                _put(self._folders[key], mail)
            case "flags":
                mails = self._folders[key].mails
                mails[fact["uid"]] = replace(mails[fact["uid"]], flags=frozenset(fact["flags"]))
            case "removed":
                self._folders[key].mails.pop(fact["uid"], None)


def account_of(address: str) -> str:
    """Whose mailbox an address leads to: `support+anything@…` leads to `support@…`."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _put(folder: Folder, mail: StoredMail) -> None:
    folder.mails[mail.uid] = mail
    folder.uidnext = max(folder.uidnext, mail.uid + 1)


def _folder_name(name: str) -> str:
    return INBOX if name.upper() == INBOX else name
