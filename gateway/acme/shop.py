"""The demo shop's own database: orders, refunds, address changes and calls for a person, in one SQLite file.

It stands for the systems of a real shop, and so knows nothing of the gateway. Each refund that runs is one row: how
often one ran can always be counted. All methods block, and are meant for a thread.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from gateway.acme.seed import ORDERS, Item, Order

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY, customer TEXT NOT NULL, email TEXT NOT NULL, address TEXT NOT NULL, status TEXT NOT NULL,
    ordered_on TEXT NOT NULL, shipped_on TEXT NOT NULL, delivered_on TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS items (
    order_id TEXT NOT NULL REFERENCES orders, name TEXT NOT NULL, quantity INTEGER NOT NULL,
    price_cents INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS refunds (
    refund_id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders, amount_cents INTEGER NOT NULL,
    reason TEXT NOT NULL, refunded_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS address_changes (
    order_id TEXT NOT NULL REFERENCES orders, old_address TEXT NOT NULL, new_address TEXT NOT NULL,
    changed_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS handoffs (reason TEXT NOT NULL, asked_at TEXT NOT NULL);
"""


class ShopError(ValueError):
    """What was asked cannot be done; the message says why, for the agent to pass on."""


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that was sent back."""

    refund_id: str
    order_id: str
    amount: Decimal
    reason: str
    refunded_at: str


class Shop:
    """Opened on its file for each use. The file is made, and filled with the demo orders, when it is first used."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._clock = clock

    def order(self, order_id: str) -> Order:
        """Raises `ShopError` for an order that does not exist."""
        with self._opened() as sqlite:
            return _order(sqlite, order_id)

    def refunds(self, order_id: str) -> list[Refund]:
        """All refunds of an order, oldest first."""
        with self._opened() as sqlite:
            return _refunds(sqlite, order_id)

    def refund(self, order_id: str, amount: Decimal, reason: str) -> Refund:
        """Sends money back, once for each time that this is called. Raises `ShopError` for more than was paid."""
        cents = _cents(amount)
        with self._opened() as sqlite:
            order = _order(sqlite, order_id)
            left = order.total - sum((refund.amount for refund in _refunds(sqlite, order.order_id)), Decimal())
            if cents <= 0:
                raise ShopError("A refund must be more than nothing.")
            if amount > left:
                raise ShopError(
                    f"Order {order.order_id} cannot be refunded by {money(amount)}: {money(left)} of its total of "
                    f"{money(order.total)} can still be refunded."
                )
            refund = Refund(f"R-{secrets.token_hex(4).upper()}", order.order_id, amount, reason, self._now())
            sqlite.execute(
                "INSERT INTO refunds (refund_id, order_id, amount_cents, reason, refunded_at) VALUES (?, ?, ?, ?, ?)",
                (refund.refund_id, refund.order_id, cents, refund.reason, refund.refunded_at),
            )
            return refund

    def update_address(self, order_id: str, address: str) -> Order:
        """Changes where an order goes. Raises `ShopError` once it is on its way."""
        address = address.strip()
        if not address:
            raise ShopError("The new address is empty.")
        with self._opened() as sqlite:
            order = _order(sqlite, order_id)
            if order.status != "processing":
                raise ShopError(f"The address of order {order.order_id} cannot be changed: it is {order.status}.")
            sqlite.execute("UPDATE orders SET address = ? WHERE order_id = ?", (address, order.order_id))
            sqlite.execute(
                "INSERT INTO address_changes (order_id, old_address, new_address, changed_at) VALUES (?, ?, ?, ?)",
                (order.order_id, order.address, address, self._now()),
            )
            return _order(sqlite, order_id)

    def record_handoff(self, reason: str) -> None:
        """Notes that a person was asked for."""
        with self._opened() as sqlite:
            sqlite.execute("INSERT INTO handoffs (reason, asked_at) VALUES (?, ?)", (reason, self._now()))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """One write at a time, all of it or nothing of it, also where several processes serve the shop."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as sqlite:
            sqlite.row_factory = sqlite3.Row
            sqlite.execute("BEGIN IMMEDIATE")
            try:
                _furnish(sqlite)
                yield sqlite
            except BaseException:
                sqlite.execute("ROLLBACK")
                raise
            sqlite.execute("COMMIT")

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def money(amount: Decimal) -> str:
    """As people write it: €25.00."""
    return f"€{amount:.2f}"


def _furnish(sqlite: sqlite3.Connection) -> None:
    if sqlite.execute("SELECT 1 FROM sqlite_master WHERE name = 'handoffs'").fetchone():
        return
    for statement in filter(str.strip, _SCHEMA.split(";")):
        sqlite.execute(statement)
    for order in ORDERS:
        sqlite.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                order.order_id, order.customer, order.email, order.address, order.status,
                order.ordered_on, order.shipped_on, order.delivered_on,
            ),
        )  # fmt: skip
        sqlite.executemany(
            "INSERT INTO items VALUES (?, ?, ?, ?)",
            [(order.order_id, item.name, item.quantity, _cents(item.price)) for item in order.items],
        )


def _order(sqlite: sqlite3.Connection, order_id: str) -> Order:
    wanted = order_id.strip().upper()
    row = sqlite.execute("SELECT * FROM orders WHERE order_id = ?", (wanted,)).fetchone()
    if row is None:
        raise ShopError(f"There is no order {order_id}.")
    items = sqlite.execute("SELECT * FROM items WHERE order_id = ? ORDER BY rowid", (wanted,))
    return Order(
        **dict(row),
        items=tuple(Item(item["name"], item["quantity"], Decimal(item["price_cents"]) / 100) for item in items),
    )


def _refunds(sqlite: sqlite3.Connection, order_id: str) -> list[Refund]:
    rows = sqlite.execute("SELECT * FROM refunds WHERE order_id = ? ORDER BY rowid", (order_id.strip().upper(),))
    return [
        Refund(row["refund_id"], row["order_id"], Decimal(row["amount_cents"]) / 100, row["reason"], row["refunded_at"])
        for row in rows
    ]


def _cents(amount: Decimal) -> int:
    if not amount.is_finite() or amount * 100 != (amount * 100).to_integral_value():
        raise ShopError("An amount of money is a number with two decimals at most.")
    return int(amount * 100)
