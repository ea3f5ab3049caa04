"""Signed ids: what we put into addresses and Message-IDs, so that a reply or a bounce can name our message.

A token carries the key of an outbound part and an HMAC-SHA256, cut to 128 bits, over that key, the token's purpose
and, in a reply address, the one address that it was given to. It is lower-case base32 and is read in any case, since
some servers change the case of addresses. A token selects a message of ours; it grants nothing by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32decode, b32encode
from binascii import Error as Base32Error
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MAC_BYTES = 16
MAC_CHARS = 26
MAX_TOKEN_CHARS = 400

# The usual key, `prefix_` and 16 bytes in base 16, is packed: prefix and bytes. With a mailbox name of up to eight
# letters the whole then stays within the 64 characters that a local part may have (RFC 5321, 4.5.3.1.1).
_USUAL_KEY = re.compile(r"([a-z]{1,8})_([0-9a-f]{32})")
_USUAL_TOKEN = re.compile(r"([a-z]{1,8})([a-z2-7]{52})")
_OTHER_TOKEN = re.compile(rf"7([a-z2-7]*)([a-z2-7]{{{MAC_CHARS}}})")


class Purpose(StrEnum):
    """What a token may be used for. One made for a bounce address is no good in a reply address."""

    REPLY = "reply"
    BOUNCE = "bounce"
    MESSAGE_ID = "message-id"


@dataclass(frozen=True, slots=True)
class SignedKey:
    """A genuine token: the key that it carries, and the address that it was given to (empty where bound to none).

    `generation` counts back from the newest secret to the one that signed it.
    """

    key: str
    address: str = ""
    generation: int = 0


class Signer:
    """Signs with the newest secret, and knows what older secrets signed, so that a secret can be replaced."""

    def __init__(self, secret: str, *older: str) -> None:
        if not secret:
            raise ValueError("a signer needs a secret")
        self._keys = tuple(_derive(each) for each in (secret, *older))

    def sign(self, purpose: Purpose, key: str, *, address: str = "", generation: int = 0) -> str:
        """The token for `key`. The same arguments always give the same token."""
        mac = _mac(self._keys[generation], purpose, key, address)
        usual = _USUAL_KEY.fullmatch(key)
        if usual:
            return usual[1] + _to_base32(bytes.fromhex(usual[2]) + mac)
        return "7" + _to_base32(key.encode()) + _to_base32(mac)

    def read(self, purpose: Purpose, token: str, *, addresses: Iterable[str] = ("",)) -> SignedKey | None:
        """What a token says, if we signed it for this purpose and for one of `addresses`; None for anything else."""
        unpacked = _unpack(token.lower())
        if unpacked is None:
            return None
        key, mac = unpacked
        # Everything is compared, and each comparison takes the same time, whatever it finds.
        signed = [
            SignedKey(key, address, generation)
            for address in addresses
            for generation, secret in enumerate(self._keys)
            if hmac.compare_digest(_mac(secret, purpose, key, address), mac)
        ]
        return signed[0] if signed else None


def _derive(secret: str) -> bytes:
    """A key of our own, so that nothing else that SECRET_KEY signs can pass for a mail token."""
    return hmac.digest(secret.encode(), b"frontdesk mail token 1", hashlib.sha256)


def _mac(secret: bytes, purpose: Purpose, key: str, address: str) -> bytes:
    said = "\0".join((purpose, str(len(key)), key, address)).encode()
    return hmac.digest(secret, said, hashlib.sha256)[:MAC_BYTES]


def _unpack(token: str) -> tuple[str, bytes] | None:
    """Key and MAC of a token, if it has the form of one."""
    if len(token) > MAX_TOKEN_CHARS:
        return None
    try:
        usual = _USUAL_TOKEN.fullmatch(token)
        if usual:
            packed = _from_base32(usual[2])
            return f"{usual[1]}_{packed[:-MAC_BYTES].hex()}", packed[-MAC_BYTES:]
        other = _OTHER_TOKEN.fullmatch(token)
        return (_from_base32(other[1]).decode(), _from_base32(other[2])) if other else None
    except (Base32Error, UnicodeDecodeError):
        return None


def _to_base32(data: bytes) -> str:
    return b32encode(data).decode().rstrip("=").lower()


def _from_base32(text: str) -> bytes:
    """The bytes behind unpadded base32. Each has exactly one spelling: unused bits that are set are refused."""
    data = b32decode(text.upper() + "=" * (-len(text) % 8))
    if _to_base32(data) != text:
        raise Base32Error("not the canonical spelling")
    return data
