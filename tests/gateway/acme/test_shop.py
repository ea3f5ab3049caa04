"""The demo shop: seeded once, and every refund a row that can be counted."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.acme.seed import ORDERS
from gateway.acme.shop import Shop, ShopError

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "var" / "shop.db", clock=lambda: NOON)


def test_the_shop_is_filled_when_it_is_first_used(shop: Shop) -> None:
    order = shop.order(" a-1001 ")

    assert order == ORDERS[0]
    assert order.total == Decimal("89.00")
    assert shop.refunds("A-1001") == []


def test_an_unknown_order_is_refused_in_words(shop: Shop) -> None:
    with pytest.raises(ShopError, match=r"^There is no order B-1\.$"):
        shop.order("B-1")


def test_each_refund_is_one_row_with_an_id_of_its_own(shop: Shop, tmp_path: Path) -> None:
    first = shop.refund("A-1001", Decimal("25"), "late")
    second = shop.refund("A-1001", Decimal("25"), "late")

    with closing(sqlite3.connect(tmp_path / "var" / "shop.db")) as other_process:
        rows = other_process.execute("SELECT refund_id, amount_cents FROM refunds").fetchall()
    assert rows == [(first.refund_id, 2500), (second.refund_id, 2500)]
    assert first.refund_id != second.refund_id
    assert shop.refunds("A-1001") == [first, second]
    assert first.refunded_at == "2026-03-18T12:00:00+00:00"


def test_no_more_than_the_total_can_be_refunded(shop: Shop) -> None:
    shop.refund("A-1001", Decimal("80.50"), "")

    with pytest.raises(ShopError, match=r"€8\.50 of its total of €89\.00 can still be refunded"):
        shop.refund("A-1001", Decimal("8.51"), "")

    assert len(shop.refunds("A-1001")) == 1


@pytest.mark.parametrize("amount", ["0", "-5", "0.001", "NaN", "Infinity"])
def test_an_odd_amount_is_refused_in_words(shop: Shop, amount: str) -> None:
    with pytest.raises(ShopError, match=r"refund must be more|amount of money"):
        shop.refund("A-1001", Decimal(amount), "")


def test_refunds_at_the_same_moment_do_not_exceed_the_total(shop: Shop) -> None:
    def try_to_refund(_: int) -> bool:
        try:
            shop.refund("A-1001", Decimal("30"), "")
        except ShopError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        succeeded = list(threads.map(try_to_refund, range(8)))

    assert sum(succeeded) == 2
    assert sum(refund.amount for refund in shop.refunds("A-1001")) == Decimal("60")


def test_an_address_changes_while_the_order_is_processing(shop: Shop) -> None:
    shop.update_address("A-1004", "1 New Street ")

    assert shop.order("A-1004").address == "1 New Street"


@pytest.mark.parametrize(("order_id", "address"), [("A-1002", "1 New Street"), ("A-1004", "  ")])
def test_an_address_that_cannot_change_stays(shop: Shop, order_id: str, address: str) -> None:
    before = shop.order(order_id)

    with pytest.raises(ShopError):
        shop.update_address(order_id, address)

    assert shop.order(order_id) == before
