"""What the demo shop starts with: a dozen orders as a small shop for tea and kitchen things would have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an order."""

    name: str
    quantity: int
    price: Decimal  # of one


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its customer. Money is in euros; `shipped_on` and `delivered_on` are dates, or empty."""

    order_id: str
    customer: str
    email: str
    address: str
    status: str
    ordered_on: str
    shipped_on: str
    delivered_on: str
    items: Sequence[Item]

    @property
    def total(self) -> Decimal:
        return sum((item.price * item.quantity for item in self.items), Decimal())


def _item(name: str, quantity: int, price: str) -> Item:
    return Item(name, quantity, Decimal(price))


ORDERS: Sequence[Order] = (
    Order(
        "A-1001", "Ada Lovelace", "ada@example.com", "12 St James's Square, London SW1Y 4JH, United Kingdom",
        "delivered", "2026-02-02", "2026-02-03", "2026-02-06",
        (_item("Cast iron teapot, 0.8 l", 1, "64.00"), _item("Sencha, 100 g", 2, "12.50")),
    ),
    Order(
        "A-1002", "Ada Lovelace", "ada@example.com", "12 St James's Square, London SW1Y 4JH, United Kingdom",
        "shipped", "2026-03-11", "2026-03-12", "",
        (_item("Pour-over kettle with thermometer", 1, "79.00"),),
    ),
    Order(
        "A-1003", "Grace Hopper", "grace@example.com", "1 Navy Way, Arlington, VA 22202, United States",
        "delivered", "2026-01-19", "2026-01-20", "2026-01-29",
        (_item("Espresso cups, set of 4", 1, "38.00"), _item("Demerara sugar, 500 g", 1, "4.90")),
    ),
    Order(
        "A-1004", "Alan Turing", "alan@example.com", "2 Wilmslow Road, Manchester M14 5TP, United Kingdom",
        "processing", "2026-03-16", "", "",
        (_item("Chess set, walnut", 1, "149.00"), _item("Earl Grey, 250 g", 1, "16.00")),
    ),
    Order(
        "A-1005", "Katherine Johnson", "katherine@example.com", "100 NASA Drive, Hampton, VA 23666, United States",
        "delivered", "2026-02-20", "2026-02-21", "2026-03-02",
        (_item("Kitchen scales, 0.1 g", 1, "45.50"),),
    ),
    Order(
        "A-1006", "Emmy Noether", "emmy@example.com", "Hauptstraße 23, 91054 Erlangen, Germany",
        "cancelled", "2026-03-01", "", "",
        (_item("Moka pot, 6 cups", 1, "34.90"),),
    ),
    Order(
        "A-1007", "Hedy Lamarr", "hedy@example.com", "Opernring 2, 1010 Wien, Austria",
        "shipped", "2026-03-13", "2026-03-15", "",
        (_item("Glass teacups, set of 6", 1, "52.00"), _item("Jasmine pearls, 50 g", 3, "9.80")),
    ),
    Order(
        "A-1008", "Srinivasa Ramanujan", "srinivasa@example.com", "17 Sannidhi Street, Kumbakonam 612001, India",
        "delivered", "2026-01-29", "2026-01-30", "2026-02-13",
        (_item("Taxicab mug", 12, "17.29"),),
    ),
    Order(
        "A-1009", "Mary Jackson", "mary@example.com", "9 Langley Boulevard, Hampton, VA 23681, United States",
        "returned", "2026-02-08", "2026-02-09", "2026-02-17",
        (_item("Hand blender", 1, "89.00"),),
    ),
    Order(
        "A-1010", "Ada Lovelace", "ada@example.com", "12 St James's Square, London SW1Y 4JH, United Kingdom",
        "processing", "2026-03-17", "", "",
        (_item("Matcha whisk", 1, "18.00"), _item("Matcha, 40 g", 1, "29.00")),
    ),
    Order(
        "A-1011", "Barbara Liskov", "barbara@example.com", "32 Vassar Street, Cambridge, MA 02139, United States",
        "delivered", "2026-03-04", "2026-03-05", "2026-03-12",
        (_item("Stackable storage jars, set of 5", 2, "41.00"), _item("Jar labels", 1, "6.50")),
    ),
    Order(
        "A-1012", "Sofia Kovalevskaya", "sofia@example.com", "Sveavägen 65, 113 50 Stockholm, Sweden",
        "delivered", "2026-02-25", "2026-02-26", "2026-03-03",
        (_item("Samovar, 3 l", 1, "420.00"), _item("Assam, 1 kg", 1, "48.00")),
    ),
)  # fmt: skip
