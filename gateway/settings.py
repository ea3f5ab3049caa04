"""The only reader of the environment. Built once at an entry point; everything else is given plain values.

A channel is on when its variables are set. One that is half set stops the start, and the message names what is
missing: all of it at once.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.errors import ConfigurationError

Names = Annotated[tuple[str, ...], NoDecode]
Languages = Annotated[tuple[Literal["spanish", "french"], ...], NoDecode]
Prompts = Annotated[tuple[tuple[str, str], ...], NoDecode]


class ProcessType(StrEnum):
    """What this process is, where that decides which variables it needs."""

    WEB = "web"
    WORKER = "worker"
    MAILBOX = "mailbox"
    SLACK = "slack"
    ENGINE = "engine"
    CHAT = "chat"
    TOOL = "tool"  # a command that only needs the database


class Settings(BaseSettings):
    """The environment of one deployment, by the names of its variables."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: str = Field(default="sqlite:///var/frontdesk.db", repr=False)  # it may hold a password
    redis_url: str = Field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int | None = None
    public_url: str = ""
    secret_key: SecretStr = SecretStr("")
    log_level: str = "INFO"
    log_format: Literal["json", "console", ""] = ""

    vectorshift_api_key: SecretStr = SecretStr("")
    vectorshift_base_url: str = "https://api.vectorshift.ai/v1"
    vectorshift_ws_url: str = ""
    agent_id: str = ""

    agent: str = ""
    engine_api_keys: Names = Field(default=(), repr=False)
    model: str = "demo:scripted"
    shop_path: str = "var/shop.db"
    knowledge_path: str = ""
    mcp_servers: str = Field(default="", repr=False)  # it may hold keys
    exa_api_key: SecretStr = SecretStr("")
    exa_api_url: str = "https://api.exa.ai"
    google_search_api_key: SecretStr = SecretStr("")
    google_search_cx: str = ""
    google_search_api_url: str = "https://www.googleapis.com/customsearch/v1"
    wikipedia_api_url: str = "https://en.wikipedia.org/w/api.php"

    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_client_id: str = ""
    slack_client_secret: SecretStr = SecretStr("")
    slack_team_id: str = ""
    slack_prompts: Prompts = ()
    slack_api_url: str = "https://slack.com/api/"
    approvers_channel: str = ""
    approvers: Names = ()
    linked_identities: str = ""
    approvals_required: int = Field(default=1, ge=1)
    approval_ttl: float = Field(default=86_400, gt=0)
    escalation_channel: str = ""
    handoff_channel: str = ""
    handoff_idle: float = Field(default=0, ge=0)
    business_hours: str = ""

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_from: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_api_url: str = "https://api.twilio.com"
    sms_keywords: Languages = ()

    email_address: str = ""
    imap_url: SecretStr = SecretStr("")
    smtp_url: SecretStr = SecretStr("")
    imap_horizon: float = 86_400
    imap_junk_mailbox: str = ""
    imap_done: str = "seen"
    email_trusted_authserv: str = ""
    email_plus_addresses: bool = True
    email_oauth_token_command: str = Field(default="", repr=False)  # its arguments may hold secrets

    debounce_sms: float = Field(default=1.0, ge=0)
    debounce_slack: float = Field(default=0.3, ge=0)
    debounce_email: float = Field(default=0.0, ge=0)
    turn_timeout: float = Field(default=300.0, gt=0)
    console_token: SecretStr = SecretStr("")

    @field_validator("linked_identities")
    @classmethod
    def _check_linked(cls, value: str) -> str:
        if any(len(names) == 1 for names in _linked(value)):
            raise ValueError("names two or more of each person's, as in U0123=ada@example.com,+447911123456")
        return value

    @field_validator("engine_api_keys", "approvers", "sms_keywords", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("slack_prompts", mode="before")
    @classmethod
    def _split_prompts(cls, value: object) -> object:
        """`title|message; title` as pairs; what has no message of its own says its title."""
        if not isinstance(value, str):
            return value
        pairs = [[part.strip() for part in prompt.partition("|")[::2]] for prompt in value.split(";")]
        return tuple((title, message or title) for title, message in pairs if title)

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, url: str) -> str:
        return _with_scheme(url, "sqlite:///", "postgres://", "postgresql://")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: str) -> str:
        return _with_scheme(url, "redis://", "rediss://") if url else url

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, level: str) -> str:
        if level.upper() not in logging.getLevelNamesMapping():
            raise ValueError("it must be DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    @property
    def has_slack(self) -> bool:
        return bool(_plain(self.slack_bot_token) or self.slack_client_id)

    @property
    def has_sms(self) -> bool:
        return bool(self.twilio_account_sid)

    @property
    def has_email(self) -> bool:
        return bool(self.email_address)

    @property
    def web_port(self) -> int:
        return self.port if self.port is not None else 8000

    @property
    def engine_port(self) -> int:
        return self.port if self.port is not None else 8700

    @property
    def reached_at(self) -> str:
        """The address by which providers and people reach `web`, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.web_port}").rstrip("/")

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The secrets of SECRET_KEY, newest first: the first signs, and what any of them signed is known."""
        return tuple(key for each in _plain(self.secret_key).split(",") if (key := each.strip()))

    @property
    def linked(self) -> tuple[frozenset[str], ...]:
        """The names that are one person's, from `U1=ada@x.example,+4479…;U2=…`."""
        return _linked(self.linked_identities)

    @property
    def approval_lifetime(self) -> timedelta:
        return timedelta(seconds=self.approval_ttl)


def read_settings(process: ProcessType, **overrides: Any) -> Settings:
    """Read and check the environment for one process type. Raises `ConfigurationError` naming every variable."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        wrong = ", ".join(
            f"{'.'.join(map(str, item['loc'])).upper()} ({item['msg'].removeprefix('Value error, ')})"
            for item in error.errors()
        )
        raise ConfigurationError(f"The environment has values that make no sense: {wrong}") from None
    missing = _missing(settings, process)
    if missing:
        raise ConfigurationError(f"Missing in the environment: {'; '.join(missing)}")
    return settings


def _missing(settings: Settings, process: ProcessType) -> Sequence[str]:
    if process is ProcessType.ENGINE:
        return [] if settings.engine_api_keys else ["ENGINE_API_KEYS (the keys that clients of the engine may use)"]
    if process is ProcessType.CHAT:
        return _unless(_plain(settings.vectorshift_api_key), "VECTORSHIFT_API_KEY")
    missing = [*_half_configured(settings)]
    if process is not ProcessType.TOOL:
        missing += _unless(settings.redis_url, "REDIS_URL")
        missing += _unless(_plain(settings.secret_key), "SECRET_KEY")
    if process in (ProcessType.WORKER, ProcessType.WEB):
        missing += _unless(_plain(settings.vectorshift_api_key), "VECTORSHIFT_API_KEY")
    if process is ProcessType.SLACK:
        missing += _unless(_plain(settings.slack_app_token), "SLACK_APP_TOKEN (Socket Mode)")
    if process is ProcessType.MAILBOX and not settings.has_email:
        missing.append("EMAIL_ADDRESS, IMAP_URL, SMTP_URL")
    return missing


def _half_configured(settings: Settings) -> Sequence[str]:
    """What a channel that is partly set still needs."""
    missing: list[str] = []
    slack_secret = _plain(settings.slack_signing_secret) or _plain(settings.slack_app_token)
    if settings.has_slack:
        missing += _unless(slack_secret, "SLACK_SIGNING_SECRET or SLACK_APP_TOKEN (Slack)")
        missing += _unless(settings.approvers_channel, "APPROVERS_CHANNEL (Slack)")
    elif slack_secret:
        missing.append("SLACK_BOT_TOKEN (Slack)")
    client_secret = _plain(settings.slack_client_secret)
    if settings.slack_client_id or client_secret:
        missing += _unless(settings.slack_client_id, "SLACK_CLIENT_ID (Slack in several workspaces)")
        missing += _unless(client_secret, "SLACK_CLIENT_SECRET (Slack in several workspaces)")
    sender = settings.twilio_from or settings.twilio_messaging_service_sid
    token = _plain(settings.twilio_auth_token)
    if settings.twilio_account_sid or token or sender:
        missing += _unless(settings.twilio_account_sid, "TWILIO_ACCOUNT_SID (SMS)")
        missing += _unless(token, "TWILIO_AUTH_TOKEN (SMS)")
        missing += _unless(sender, "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID (SMS)")
    imap, smtp = _plain(settings.imap_url), _plain(settings.smtp_url)
    if settings.email_address or imap or smtp:
        missing += _unless(settings.email_address, "EMAIL_ADDRESS (email)")
        missing += _unless(imap, "IMAP_URL (email)")
        missing += _unless(smtp, "SMTP_URL (email)")
    return missing


def _with_scheme(url: str, *schemes: str) -> str:
    if not url.startswith(schemes):
        raise ValueError(f"it must begin with {' or '.join(schemes)}")
    return url


def _unless(value: object, name: str) -> list[str]:
    return [] if value else [name]


def _plain(secret: SecretStr) -> str:
    return secret.get_secret_value()


def _linked(written: str) -> tuple[frozenset[str], ...]:
    people = (re.split("[=,]", person) for person in written.split(";"))
    named = (frozenset(name.strip() for name in names if name.strip()) for names in people)
    return tuple(names for names in named if names)
