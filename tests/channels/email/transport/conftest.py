"""A mail provider for every test that needs one, and the support address that the tests write to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from channels.email.support_address import SupportAddress
from channels.email.tokens import Signer
from channels.sandbox.mail.simulator import MailSimulator

SUPPORT = "support@acme.example"
KEY = "dlv_0193a5e2b7c4" + "ab" * 10


@pytest.fixture
async def provider() -> AsyncIterator[MailSimulator]:
    """A running mail provider."""
    async with MailSimulator(SUPPORT) as simulator:
        yield simulator


@pytest.fixture
def support() -> SupportAddress:
    """Our own address."""
    return SupportAddress.parse(f"Acme Support <{SUPPORT}>", Signer("a secret"))
