"""An IMAP server over the simulator's mailboxes: as much of RFC 3501, IDLE, MOVE and UIDPLUS as real clients need.

Every address is an account; any password but an empty one opens it. Faults are taken per command, as `imap.login`,
`imap.fetch` and so on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from channels.sandbox.faults import FaultKind, Faults
from channels.sandbox.mail.imap_search import search
from channels.sandbox.mail.imap_syntax import BadCommand, Command, as_text, parse_uids, read_command
from channels.sandbox.mail.store import FOLDERS, Folder, MailStore, StoredMail

Handler = Callable[[Command], Awaitable[str]]
CAPABILITIES = "IMAP4rev1 IDLE MOVE UIDPLUS SPECIAL-USE LITERAL+"
MAX_LINE_BYTES = 1 << 20
_SYSTEM_FLAGS = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"


class ImapServer:
    """Listens on loopback for as long as the context lasts."""

    def __init__(self, store: MailStore, faults: Faults, *, port: int = 0, capabilities: str = CAPABILITIES) -> None:
        self._store = store
        self._faults = faults
        self._wanted_port = port
        self._capabilities = capabilities
        self._sessions: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._wanted_port, limit=MAX_LINE_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.sockets[0].getsockname()[1])

    def drop_connections(self) -> None:
        """Cut every connection, as a server does that restarts."""
        for session in self._sessions:
            session.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a stream's callback runs in a task of its own
        self._sessions.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _Session(self._store, self._faults, reader, writer, self._capabilities).run()
        finally:
            self._sessions.discard(task)
            writer.transport.abort()


class _Session:
    """One connection."""

    def __init__(
        self,
        store: MailStore,
        faults: Faults,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        capabilities: str,
    ) -> None:
        self._store = store
        self._faults = faults
        self._reader = reader
        self._writer = writer
        self._capabilities = capabilities
        self._address = ""
        self._selected = ""
        self._told: list[int] = []  # the UIDs that the client knows of, by sequence number
        self._is_open = True

    async def run(self) -> None:
        await self._say(f"* OK [CAPABILITY {self._capabilities}] ready")
        while self._is_open:
            try:
                command = await read_command(self._reader, self._writer)
            except BadCommand as error:
                await self._say(f"* BAD {error}")
                continue
            if command is None:
                return
            await self._answer(command)

    async def _answer(self, command: Command) -> None:
        operation = f"imap.{command.name.split()[-1].lower()}"
        fault = self._faults.take(operation)
        if fault and fault.kind is FaultKind.DROP_BEFORE:
            raise ConnectionAbortedError
        if fault and fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind in (FaultKind.REJECT, FaultKind.RATE_LIMIT, FaultKind.SERVER_ERROR):
            await self._say(f"{command.tag} NO {fault.code or '[UNAVAILABLE] planned fault'}")
            return
        result = await self._run(command)
        if fault and fault.kind is FaultKind.DROP_AFTER:
            raise ConnectionAbortedError
        await self._say(f"{command.tag} {result}")

    async def _run(self, command: Command) -> str:
        handler = self._handlers().get(command.name)
        if handler is None:
            return "BAD unknown command"
        try:
            return await handler(command)
        except BadCommand as error:
            return f"BAD {error}"

    def _handlers(self) -> Mapping[str, Handler]:
        """What may be asked in the state the session is in."""
        always: dict[str, Handler] = {
            "CAPABILITY": self._capability,
            "NOOP": self._noop,
            "LOGOUT": self._logout,
            "LOGIN": self._login,
        }
        if not self._address:
            return always
        known: dict[str, Handler] = always | {
            "SELECT": self._select,
            "EXAMINE": self._select,
            "LIST": self._list,
            "CREATE": self._create,
            "APPEND": self._append,
        }
        if not self._selected:
            return known
        return known | {
            "IDLE": self._idle,
            "UID SEARCH": self._search,
            "UID FETCH": self._fetch,
            "UID STORE": self._store_flags,
            "UID COPY": self._copy,
            "UID MOVE": self._copy,
            "UID EXPUNGE": self._expunge,
        }

    async def _capability(self, command: Command) -> str:
        await self._say(f"* CAPABILITY {self._capabilities}")
        return "OK done"

    async def _noop(self, command: Command) -> str:
        await self._tell_changes()
        return "OK done"

    async def _logout(self, command: Command) -> str:
        self._is_open = False
        await self._say("* BYE")
        return "OK bye"

    async def _login(self, command: Command) -> str:
        if "@" not in command.text(0) or not command.text(1):
            return "NO [AUTHENTICATIONFAILED] wrong user or password"
        self._address = command.text(0)
        return f"OK [CAPABILITY {self._capabilities}] welcome"

    async def _select(self, command: Command) -> str:
        name = command.text(0)
        if not self._store.has_folder(self._address, name):
            self._selected = ""
            return "NO [NONEXISTENT] no such mailbox"
        self._selected = name
        folder = self._folder
        self._told = sorted(folder.mails)
        for line in (
            f"{len(self._told)} EXISTS",
            "0 RECENT",
            f"FLAGS ({_SYSTEM_FLAGS})",
            f"OK [PERMANENTFLAGS ({_SYSTEM_FLAGS} \\*)] flags",
            f"OK [UIDVALIDITY {folder.uidvalidity}] valid",
            f"OK [UIDNEXT {folder.uidnext}] next",
        ):
            await self._say(f"* {line}")
        return "OK [READ-WRITE] selected" if command.name == "SELECT" else "OK [READ-ONLY] examined"

    async def _list(self, command: Command) -> str:
        for name in self._store.folder_names(self._address):
            await self._say(f'* LIST (\\HasNoChildren {FOLDERS.get(name, "")}) "/" "{name}"')
        return "OK done"

    async def _create(self, command: Command) -> str:
        self._store.folder(self._address, command.text(0))
        return "OK created"

    async def _append(self, command: Command) -> str:
        raw = command.arguments[-1]
        if not isinstance(raw, bytes):
            raise BadCommand("APPEND needs a literal")
        flags = next((each for each in command.arguments if isinstance(each, list)), [])
        name = command.text(0)
        if not self._store.has_folder(self._address, name):
            return "NO [TRYCREATE] no such mailbox"
        dates = [each for each in command.arguments[1:-1] if isinstance(each, str)]
        at = datetime.strptime(dates[0].strip(), "%d-%b-%Y %H:%M:%S %z") if dates else None
        mail = self._store.add(self._address, raw, name=name, flags=map(as_text, flags), at=at)
        return f"OK [APPENDUID {self._store.folder(self._address, name).uidvalidity} {mail.uid}] stored"

    async def _search(self, command: Command) -> str:
        keys = command.arguments
        if keys[:1] == ["CHARSET"]:
            return "NO [BADCHARSET (US-ASCII)] no charset but US-ASCII"
        found = search([self._folder.mails[uid] for uid in sorted(self._folder.mails)], keys)
        await self._say(" ".join(["* SEARCH", *(str(mail.uid) for mail in found)]))
        await self._tell_changes()
        return "OK done"

    async def _fetch(self, command: Command) -> str:
        await self._tell_changes()
        items = command.arguments[1] if len(command.arguments) > 1 else []
        names = [as_text(item).upper() for item in (items if isinstance(items, list) else [items])]
        for mail in self._chosen(command.text(0)):
            self._writer.write(self._fetched(mail, names))
            await self._writer.drain()
            if any(name.startswith("BODY[") or name == "RFC822" for name in names):
                self._store.set_flags(self._address, self._selected, mail.uid, mail.flags | {"\\Seen"})
        return "OK done"

    def _fetched(self, mail: StoredMail, names: Sequence[str]) -> bytes:
        parts = [b"UID %d" % mail.uid]
        for name in names:
            match name:
                case "UID":
                    continue
                case "FLAGS":
                    parts.append(f"FLAGS ({' '.join(sorted(mail.flags))})".encode())
                case "RFC822.SIZE":
                    parts.append(b"RFC822.SIZE %d" % len(mail.raw))
                case "INTERNALDATE":
                    parts.append(mail.arrived_at.strftime('INTERNALDATE "%d-%b-%Y %H:%M:%S %z"').encode())
                case "BODY.PEEK[]" | "BODY[]" | "RFC822":
                    parts.append(_literal(b"BODY[]", mail.raw))
                case "BODY.PEEK[HEADER]" | "BODY[HEADER]":
                    head = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                    parts.append(_literal(b"BODY[HEADER]", head))
                case _:
                    raise BadCommand(f"cannot fetch {name}")
        number = self._told.index(mail.uid) + 1
        return b"* %d FETCH (%s)\r\n" % (number, b" ".join(parts))

    async def _store_flags(self, command: Command) -> str:
        await self._tell_changes()
        mode, given = command.text(1).upper(), command.arguments[-1]
        flags = {as_text(flag) for flag in (given if isinstance(given, list) else [given])}
        for mail in self._chosen(command.text(0)):
            now = mail.flags | flags if mode[0] == "+" else mail.flags - flags if mode[0] == "-" else flags
            changed = self._store.set_flags(self._address, self._selected, mail.uid, now)
            if not mode.endswith(".SILENT"):
                self._writer.write(self._fetched(changed, ["FLAGS"]))
        return "OK done"

    async def _copy(self, command: Command) -> str:
        name = command.text(1)
        if not self._store.has_folder(self._address, name):
            return "NO [TRYCREATE] no such mailbox"
        for mail in self._chosen(command.text(0)):
            self._store.add(self._address, mail.raw, name=name, flags=mail.flags, at=mail.arrived_at)
            if command.name == "UID MOVE":
                self._store.remove(self._address, self._selected, mail.uid)
        await self._tell_changes()
        return "OK done"

    async def _expunge(self, command: Command) -> str:
        for mail in self._chosen(command.text(0)):
            if "\\Deleted" in mail.flags:
                self._store.remove(self._address, self._selected, mail.uid)
        await self._tell_changes()
        return "OK done"

    async def _idle(self, command: Command) -> str:
        await self._say("+ idling")
        done = asyncio.ensure_future(self._reader.readline())
        changed = asyncio.Event()
        folder = self._folder
        folder.watchers.add(changed)
        try:
            while not done.done():
                await self._tell_changes()
                changed.clear()
                waiter = asyncio.ensure_future(changed.wait())
                await asyncio.wait({done, waiter}, return_when=asyncio.FIRST_COMPLETED)
                waiter.cancel()
        finally:
            folder.watchers.discard(changed)
            done.cancel()
        return "OK idled"

    async def _tell_changes(self) -> None:
        """What the client does not know yet: mails that went, then how many there are now."""
        if not self._selected:
            return
        mails = self._folder.mails
        for number in range(len(self._told), 0, -1):
            if self._told[number - 1] not in mails:
                del self._told[number - 1]
                await self._say(f"* {number} EXPUNGE")
        new = sorted(set(mails) - set(self._told))
        if new:
            self._told += new
            await self._say(f"* {len(self._told)} EXISTS")

    def _chosen(self, uids: str) -> list[StoredMail]:
        mails = self._folder.mails
        ranges = list(parse_uids(uids, highest=max(mails, default=0)))
        return [mails[uid] for uid in sorted(mails) if any(uid in each for each in ranges)]

    @property
    def _folder(self) -> Folder:
        return self._store.folder(self._address, self._selected)

    async def _say(self, line: str) -> None:
        self._writer.write(f"{line}\r\n".encode())
        await self._writer.drain()


def _literal(name: bytes, content: bytes) -> bytes:
    return b"%s {%d}\r\n%s" % (name, len(content), content)
