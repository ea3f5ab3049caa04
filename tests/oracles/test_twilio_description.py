"""Twilio's own description of its API judges every request that our adapter makes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from channels.message import Answer, ChannelName, ReplyTarget
from channels.sms.adapter import SmsAdapter, SmsConfig
from tests.oracles.conftest import ACCOUNT_SID, AUTH_TOKEN, OURS

pytestmark = pytest.mark.xdist_group("oracles")

CUSTOMER = "+15550001111"


@pytest.fixture
async def adapter(described_twilio: str) -> AsyncIterator[SmsAdapter]:
    config = SmsConfig(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        public_url="https://desk.example",
        from_number=OURS,
        api_url=described_twilio,
        settle=timedelta(),
    )
    async with SmsAdapter.open(config) as opened:
        yield opened


@pytest.mark.parametrize("text", ["Your order is on its way.", "Grüße 👋", "word " * 300])
async def test_every_text_that_we_send_is_as_described(adapter: SmsAdapter, text: str) -> None:
    target = ReplyTarget(ChannelName.SMS, CUSTOMER, f"{OURS}:{CUSTOMER}", {"our_address": OURS})

    receipts = [await adapter.send(part) for part in adapter.compose(Answer(text), target, key="out_1")]

    assert all(receipt.provider_id.startswith(("SM", "MM")) for receipt in receipts)


async def test_our_questions_are_as_described(adapter: SmsAdapter) -> None:
    target = ReplyTarget(ChannelName.SMS, CUSTOMER, f"{OURS}:{CUSTOMER}", {"our_address": OURS})
    (part,) = adapter.compose(Answer("Never sent"), target, key="out_1")

    found = await adapter.find(part, attempted_at=datetime.now(UTC) - timedelta(minutes=5))
    await adapter.check()

    assert found is None


async def test_the_description_refuses_what_twilio_would(described_twilio: str) -> None:
    """Else the tests above would mean nothing."""
    url = f"{described_twilio}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}

    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.post(url, data={"Body": "to nobody"}, headers=headers) as answer,
    ):
        assert answer.status == 422
