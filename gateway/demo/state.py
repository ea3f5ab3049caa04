"""What a demo remembers between its starts, and tells to the commands that play with it: `demo.json`."""

from __future__ import annotations

import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from channels.sandbox.world import APPROVERS_CHANNEL, OUR_NUMBER, SUPPORT_ADDRESS, SandboxConfig
from gateway.errors import GatewayError

FILE = "demo.json"
HOST = "127.0.0.1"
MAIL_PROVIDER = "mx.sandbox"
_MAIL_LOGIN = f"{quote(SUPPORT_ADDRESS, safe='')}:sandbox"


@dataclass(frozen=True, slots=True)
class DemoState:
    """Ports and made-up credentials of one demo."""

    web_port: int
    engine_port: int
    sandbox_port: int
    redis_port: int
    smtp_port: int
    imap_port: int
    secret_key: str
    engine_key: str
    console_token: str
    twilio_account_sid: str
    twilio_auth_token: str
    slack_bot_token: str
    slack_signing_secret: str
    slack_app_token: str = ""  # with it, Slack is listened to over Socket Mode

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.web_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://{HOST}:{self.sandbox_port}"

    def sandbox_config(self, data: Path) -> SandboxConfig:
        """The simulators' side of it."""
        return SandboxConfig(
            host=HOST,
            port=self.sandbox_port,
            web_url=self.web_url,
            data=data / "sandbox",
            twilio_account_sid=self.twilio_account_sid,
            twilio_auth_token=self.twilio_auth_token,
            slack_bot_token=self.slack_bot_token,
            slack_signing_secret=self.slack_signing_secret,
            slack_app_token=self.slack_app_token,
            smtp_port=self.smtp_port,
            imap_port=self.imap_port,
        )

    def environment(self, data: Path) -> dict[str, str]:
        """The gateway's side of it: what a real deployment would set."""
        return {
            "DATABASE_URL": f"sqlite:///{data / 'frontdesk.db'}",
            "REDIS_URL": f"redis://{HOST}:{self.redis_port}/0",
            "HOST": HOST,
            "PUBLIC_URL": self.web_url,
            "SECRET_KEY": self.secret_key,
            "CONSOLE_TOKEN": self.console_token,
            "VECTORSHIFT_API_KEY": self.engine_key,
            "VECTORSHIFT_BASE_URL": f"http://{HOST}:{self.engine_port}/v1",
            "ENGINE_API_KEYS": self.engine_key,
            "SHOP_PATH": str(data / "shop.db"),
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "TWILIO_FROM": OUR_NUMBER,
            "TWILIO_API_URL": self.sandbox_url,
            "SLACK_BOT_TOKEN": self.slack_bot_token,
            "SLACK_SIGNING_SECRET": self.slack_signing_secret,
            "SLACK_APP_TOKEN": self.slack_app_token,
            "SLACK_API_URL": f"{self.sandbox_url}/api/",
            "APPROVERS_CHANNEL": APPROVERS_CHANNEL,
            "EMAIL_ADDRESS": f"Acme Support <{SUPPORT_ADDRESS}>",
            "IMAP_URL": f"imap://{_MAIL_LOGIN}@{HOST}:{self.imap_port}/INBOX",
            "SMTP_URL": f"smtp://{_MAIL_LOGIN}@{HOST}:{self.smtp_port}",
            "EMAIL_TRUSTED_AUTHSERV": MAIL_PROVIDER,
        }


def read_state(data: Path) -> DemoState:
    """The state of the demo in this folder. Raises GatewayError where none has run."""
    file = data / FILE
    if not file.exists():
        raise GatewayError(f"no demo has run in {data}: start one with `frontdesk demo`")
    return DemoState(**orjson.loads(file.read_bytes()))


def make_state(data: Path, *, web_port: int, engine_port: int, sandbox_port: int) -> DemoState:
    """The state that was kept, with ports that are free now; or a new one."""
    ports: dict[str, Any] = {
        "web_port": _free_from(web_port),
        "engine_port": _free_from(engine_port),
        "sandbox_port": _free_from(sandbox_port),
        "redis_port": _free_from(0),
        "smtp_port": _free_from(0),
        "imap_port": _free_from(0),
    }
    file = data / FILE
    if file.exists():
        state = DemoState(**{**orjson.loads(file.read_bytes()), **ports})
    else:
        state = DemoState(
            **ports,
            secret_key=secrets.token_urlsafe(32),
            engine_key=f"sk-{secrets.token_urlsafe(24)}",
            console_token=secrets.token_urlsafe(12),
            twilio_account_sid=f"AC{secrets.token_hex(16)}",
            twilio_auth_token=secrets.token_hex(16),
            slack_bot_token=f"xoxb-{secrets.token_urlsafe(24)}",
            slack_signing_secret=secrets.token_hex(16),
        )
    data.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(asdict(state), option=orjson.OPT_INDENT_2))
    file.chmod(0o600)
    return state


def _free_from(port: int) -> int:
    """The first port from this one on that nobody listens on; any where it is 0."""
    for candidate in range(port, port + 50) if port else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise GatewayError(f"no free port from {port} to {port + 49}")
