"""Our own support address, and the addresses and Message-IDs that we make from it and recognise again.

`support@acme.example` becomes `support+TOKEN@acme.example` where replies go, and `support+bTOKEN@acme.example` where
bounces go (VERP). Where the mail server does not offer plus addresses, or the token would not fit, it stays plain:
Message-IDs then carry the thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr

from channels.email.reading.addresses import canonical
from channels.email.tokens import Purpose, SignedKey, Signer

MAX_LOCAL_PART_CHARS = 64
BOUNCE_PREFIX = "b"
MESSAGE_ID_PREFIX = "fd."


@dataclass(frozen=True, slots=True)
class SupportAddress:
    """The address that customers write to. `has_plus` says whether the server delivers `name+anything` there."""

    address: str
    name: str
    signer: Signer
    has_plus: bool = True

    @classmethod
    def parse(cls, written: str, signer: Signer, *, has_plus: bool = True) -> SupportAddress:
        """From `support@acme.example` or `Acme <support@acme.example>`."""
        name, address = parseaddr(written)
        if "@" not in address.strip("@"):
            raise ValueError(f"not a mail address: {written!r}")
        return cls(canonical(address), name, signer, has_plus)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def reply_address(self, key: str, customer: str) -> str:
        """Where `customer` answers the message `key`."""
        return self._with_token(self.signer.sign(Purpose.REPLY, key, address=canonical(customer)))

    def bounce_address(self, key: str, *, generation: int = 0) -> str:
        """The envelope sender of the message `key`."""
        return self._with_token(BOUNCE_PREFIX + self.envelope_id(key, generation=generation))

    def envelope_id(self, key: str, *, generation: int = 0) -> str:
        """What a delivery report about the message `key` is asked to name (ENVID)."""
        return self.signer.sign(Purpose.BOUNCE, key, generation=generation)

    def message_id(self, key: str, *, generation: int = 0) -> str:
        """The Message-ID of the message `key`, without angle brackets. It is the same at every attempt.

        `generation`, here as above, is that of another token of the same message: the secret may have changed since.
        """
        token = self.signer.sign(Purpose.MESSAGE_ID, key, generation=generation)
        return f"{MESSAGE_ID_PREFIX}{token}@{self.domain}"

    def is_ours(self, address: str) -> bool:
        """Whether mail to or from `address` is mail to or from ourselves."""
        local, _, domain = canonical(address).rpartition("@")
        return f"{local.partition('+')[0]}@{domain}" == self.address or canonical(address) == self.address

    def read_reply(self, recipients: Iterable[str], senders: Iterable[str]) -> SignedKey | None:
        """The first genuine reply token among `recipients` that was given to one of `senders`."""
        candidates = tuple(canonical(sender) for sender in senders)
        read = (self.signer.read(Purpose.REPLY, token, addresses=candidates) for token in self._tokens(recipients))
        return next(filter(None, read), None)

    def read_bounce(self, recipients: Iterable[str]) -> SignedKey | None:
        """The first genuine bounce token among `recipients`."""
        marked = (token for token in self._tokens(recipients) if token.startswith(BOUNCE_PREFIX))
        read = (self.signer.read(Purpose.BOUNCE, token.removeprefix(BOUNCE_PREFIX)) for token in marked)
        return next(filter(None, read), None)

    def read_envelope_id(self, envelope_id: str) -> SignedKey | None:
        """The key in an envelope id that a delivery report gives back."""
        return self.signer.read(Purpose.BOUNCE, envelope_id)

    def read_message_id(self, message_id: str) -> SignedKey | None:
        """The key in a Message-ID that we made. Its domain is not looked at: the signature says enough."""
        local = message_id.partition("@")[0].lower()
        if not local.startswith(MESSAGE_ID_PREFIX):
            return None
        return self.signer.read(Purpose.MESSAGE_ID, local.removeprefix(MESSAGE_ID_PREFIX))

    def _tokens(self, recipients: Iterable[str]) -> Iterable[str]:
        for recipient in recipients:
            if self.is_ours(recipient):
                yield canonical(recipient).rpartition("@")[0].partition("+")[2]

    def _with_token(self, token: str) -> str:
        local, _, domain = self.address.rpartition("@")
        extended = f"{local}+{token}"
        fits = len(extended) <= MAX_LOCAL_PART_CHARS
        return f"{extended}@{domain}" if self.has_plus and fits else self.address
