"""The oracles, where they are installed. On a CI machine they have to be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.oracles.node import Oracles, free_neighbours

MISSING = "Node.js or the oracles are not installed: `make .oracles/.installed` needs npm and its registry"
TOKEN = "xoxb-local-test"
ACCOUNT_SID, AUTH_TOKEN, OURS = f"AC{'0' * 32}", "twilio_test_auth_token", "+15551234567"
SEED = f"""
slack:
  team: {{name: Acme, domain: acme}}
  users: [{{name: alice, real_name: Alice, email: alice@example.com}}]
  channels: [{{name: support}}]
  bots: [{{name: frontdesk}}]
  tokens: [{{token: {TOKEN}, user: alice, scopes: [chat:write]}}]
  signing_secret: a-signing-secret
"""


@dataclass(frozen=True, slots=True)
class Emulated:
    """Where the emulator offers each provider."""

    slack_url: str
    twilio_url: str


@pytest.fixture(scope="session")
def oracles() -> Oracles:
    found = Oracles.found()
    if found is None and os.environ.get("CI"):
        pytest.fail(MISSING)
    return found or pytest.skip(MISSING)


@pytest.fixture(scope="session")
def emulated(oracles: Oracles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """Slack and Twilio as somebody else understands them."""
    seed, port = tmp_path_factory.mktemp("emulate") / "seed.yaml", free_neighbours()
    seed.write_text(SEED)
    options = ("start", "--service", "slack,twilio", "--seed", str(seed), "--port", str(port))
    with oracles.running("emulate/dist/index.js", *options, ports=(port, port + 1)):
        yield Emulated(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}")


@pytest.fixture(scope="session")
def described_twilio(oracles: Oracles) -> Iterator[str]:
    """A server that takes what Twilio's own description of its API allows, and answers 422 to everything else."""
    description = Path("@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json")
    port = free_neighbours()
    options = ("mock", str(oracles.modules / description), "-h", "127.0.0.1", "-p", str(port))
    with oracles.running("@stoplight/prism-cli/dist/index.js", *options, ports=(port,)):
        yield f"http://127.0.0.1:{port}"
