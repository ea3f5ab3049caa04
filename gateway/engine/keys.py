"""Who is calling: the API key, and the owner that it stands for in rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from starlette.datastructures import Headers


class Keys:
    """The keys that the engine accepts. Only their digests are kept, and only digests are stored."""

    def __init__(self, api_keys: Iterable[str]) -> None:
        self._owners = frozenset(owner_of(key) for key in api_keys)

    def owner(self, headers: Headers | Mapping[str, str]) -> str | None:
        """The owner that a request speaks for; None where it has no key that we accept."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        # Digests are compared: how long that takes says nothing about the key.
        owner = owner_of(key.strip())
        return owner if scheme.lower() == "bearer" and owner in self._owners else None


def owner_of(api_key: str) -> str:
    return hashlib.sha256(api_key.encode()).hexdigest()[:32]
