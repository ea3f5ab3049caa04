"""How often somebody may guess: a few wrong tokens for each client, and some more for all of them together."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.domain import utcnow

WITHIN = timedelta(minutes=10)
OF_ONE = 5
OF_ALL = 50
# Whoever has many addresses is stopped by the limit of all; so many are remembered.
_MOST_CLIENTS = 1_000


class Throttle:
    """Counts wrong tokens in this process, over a time that slides."""

    def __init__(self, *, clock: Callable[[], datetime] = utcnow) -> None:
        self._clock = clock
        self._all: deque[datetime] = deque(maxlen=OF_ALL)
        self._clients: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait_s(self, client: str) -> int:
        """How many seconds this client has to wait before the next guess; 0 for none."""
        mine = self._clients.get(_network(client), deque())
        return max(self._wait_s(self._all, OF_ALL), self._wait_s(mine, OF_ONE))

    def note_failure(self, client: str) -> None:
        """A token was wrong."""
        name, now = _network(client), self._clock()
        self._all.append(now)
        self._clients.setdefault(name, deque(maxlen=OF_ONE)).append(now)
        self._clients.move_to_end(name)
        if len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)

    def _wait_s(self, failures: deque[datetime], limit: int) -> int:
        """Each deque holds as many as its limit, so the oldest one in it says when the next guess is free."""
        if len(failures) < limit:
            return 0
        left = failures[0] + WITHIN - self._clock()
        return max(int(left.total_seconds()) + 1, 0) if left > timedelta(0) else 0


def _network(client: str) -> str:
    """One household has one IPv4 address, and 2⁶⁴ of IPv6."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return client if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
