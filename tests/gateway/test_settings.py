"""The environment is read in one place: defaults, what a half-configured channel still needs, and no secret shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.cli.main import command_line
from gateway.errors import ConfigurationError
from gateway.settings import ProcessType, Settings, read_settings

ROOT = Path(__file__).parents[2]
BASE = {"REDIS_URL": "redis://localhost/0", "SECRET_KEY": "key-for-tests", "VECTORSHIFT_API_KEY": "vs-key"}
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "signing", "APPROVERS_CHANNEL": "C1"}
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "token", "TWILIO_FROM": "+15550000"}
EMAIL = {
    "EMAIL_ADDRESS": "help@acme.example",
    "IMAP_URL": "imaps://u:p@mail.example/INBOX",
    "SMTP_URL": "smtps://u:p@mail.example",
}


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, *variables: dict[str, str]) -> None:
    for some in variables:
        for name, value in some.items():
            monkeypatch.setenv(name, value)


def complaint(process: ProcessType = ProcessType.WEB) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(process)
    return str(caught.value)


def test_the_defaults_are_those_of_the_readme() -> None:
    settings = read_settings(ProcessType.TOOL)

    assert settings.database_url == "sqlite:///var/frontdesk.db"
    assert (settings.host, settings.web_port, settings.engine_port) == ("127.0.0.1", 8000, 8700)
    assert settings.reached_at == "http://127.0.0.1:8000"
    assert (settings.log_level, settings.model) == ("INFO", "demo:scripted")
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.twilio_api_url == "https://api.twilio.com"
    assert (settings.approvals_required, settings.approval_ttl) == (1, 86_400)
    assert (settings.debounce_sms, settings.debounce_slack, settings.debounce_email) == (1, 0.3, 0)
    assert (settings.turn_timeout, settings.imap_horizon) == (300, 86_400)
    assert [settings.has_slack, settings.has_sms, settings.has_email] == [False, False, False]


def test_every_channel_is_on_when_its_variables_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, BASE, SLACK, TWILIO, EMAIL)

    settings = read_settings(ProcessType.WORKER)

    assert settings.has_slack
    assert settings.has_sms
    assert settings.has_email


WORKSPACES = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "client-secret"}
HALVES = [
    (SLACK, "SLACK_BOT_TOKEN"),
    (SLACK, "SLACK_SIGNING_SECRET"),
    (SLACK, "APPROVERS_CHANNEL"),
    *(({**SLACK, **WORKSPACES}, name) for name in WORKSPACES),
    *((TWILIO, name) for name in TWILIO),
    *((EMAIL, name) for name in EMAIL),
]


@pytest.mark.parametrize(("channel", "forgotten"), HALVES, ids=[name for _, name in HALVES])
def test_a_half_configured_channel_is_one_line_that_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, channel: dict[str, str], forgotten: str
) -> None:
    set_all(monkeypatch, BASE, {name: value for name, value in channel.items() if name != forgotten})

    words = complaint()

    assert forgotten in words
    assert "\n" not in words
    assert not any(secret in words for secret in ("xoxb-1", "signing", "client-secret", "token-1", "u:p"))


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, BASE, {**TWILIO, "TWILIO_AUTH_TOKEN": ""})

    assert "TWILIO_AUTH_TOKEN" in complaint()


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"SLACK_BOT_TOKEN": "xoxb-1", "TWILIO_FROM": "+1555"})

    words = complaint()

    for name in ("REDIS_URL", "SECRET_KEY", "VECTORSHIFT_API_KEY", "APPROVERS_CHANNEL", "TWILIO_ACCOUNT_SID"):
        assert name in words


def test_socket_mode_needs_no_signing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, BASE, {**SLACK, "SLACK_APP_TOKEN": "xapp-1"})
    monkeypatch.delenv("SLACK_SIGNING_SECRET")

    assert read_settings(ProcessType.SLACK).has_slack


def test_a_messaging_service_is_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, BASE, TWILIO, {"TWILIO_MESSAGING_SERVICE_SID": "MG1"})
    monkeypatch.delenv("TWILIO_FROM")

    assert read_settings(ProcessType.WEB).has_sms


@pytest.mark.parametrize(
    ("process", "name"),
    [
        (ProcessType.SLACK, "SLACK_APP_TOKEN"),
        (ProcessType.MAILBOX, "IMAP_URL"),
        (ProcessType.ENGINE, "ENGINE_API_KEYS"),
        (ProcessType.CHAT, "VECTORSHIFT_API_KEY"),
    ],
)
def test_a_process_names_what_it_needs_itself(monkeypatch: pytest.MonkeyPatch, process: ProcessType, name: str) -> None:
    set_all(monkeypatch, BASE)
    monkeypatch.delenv("VECTORSHIFT_API_KEY")

    assert name in complaint(process)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("APPROVAL_TTL", "0"),
        ("APPROVALS_REQUIRED", "0"),
        ("DEBOUNCE_SMS", "-1"),
        ("TURN_TIMEOUT", "soon"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/frontdesk"),
        ("DATABASE_URL", "var/frontdesk.db"),
        ("REDIS_URL", "localhost:6379"),
        ("LOG_LEVEL", "chatty"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    set_all(monkeypatch, BASE, {name: value})

    words = complaint()

    assert name in words
    assert "\n" not in words
    assert "hunter2" not in words


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"APPROVERS": "U1, S2 ,,U3", "ENGINE_API_KEYS": "one,two"})

    settings = read_settings(ProcessType.TOOL)

    assert settings.approvers == ("U1", "S2", "U3")
    assert settings.engine_api_keys == ("one", "two")


def test_a_public_address_is_kept_without_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"PUBLIC_URL": "https://desk.example/"})

    assert read_settings(ProcessType.TOOL).reached_at == "https://desk.example"


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "a-secret-value"
    secrets = (
        "SECRET_KEY",
        "VECTORSHIFT_API_KEY",
        "ENGINE_API_KEYS",
        "MCP_SERVERS",
        "EXA_API_KEY",
        "GOOGLE_SEARCH_API_KEY",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_APP_TOKEN",
        "TWILIO_AUTH_TOKEN",
        "CONSOLE_TOKEN",
    )
    set_all(monkeypatch, BASE, SLACK, TWILIO, EMAIL, dict.fromkeys(secrets, secret))
    set_all(
        monkeypatch,
        {
            "DATABASE_URL": f"postgresql://frontdesk:{secret}@db/frontdesk",
            "REDIS_URL": f"rediss://:{secret}@redis/0",
            "IMAP_URL": f"imaps://u:{secret}@mail.example/INBOX",
            "SMTP_URL": f"smtps://u:{secret}@mail.example",
        },
    )

    settings = read_settings(ProcessType.WEB)

    assert secret not in repr(settings)
    assert secret not in str(settings)


def test_an_app_of_several_workspaces_needs_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, BASE, SLACK, WORKSPACES)
    monkeypatch.delenv("SLACK_BOT_TOKEN")

    assert read_settings(ProcessType.WEB).has_slack


def test_prompts_are_titles_with_or_without_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, BASE, {"SLACK_PROMPTS": "Where is it? | Where is my order?; Return; "})

    prompts = read_settings(ProcessType.WEB).slack_prompts

    assert prompts == (("Where is it?", "Where is my order?"), ("Return", "Return"))


def test_every_variable_is_in_the_example_with_its_name_alone_on_a_line() -> None:
    example = (ROOT / ".env.example").read_text()

    explained = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE))

    assert {name.upper() for name in Settings.model_fields} - explained == set()


def test_every_process_of_the_procfile_is_a_command() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    registered = command_line().registered_commands
    commands = {command.name or command.callback.__name__ for command in registered if command.callback}

    started = [line.partition(": frontdesk ")[2] for line in lines]

    assert set(started) - commands == set()


def test_stop_words_are_known_in_further_languages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, BASE, TWILIO, {"SMS_KEYWORDS": "spanish, french"})
    assert read_settings(ProcessType.WEB).sms_keywords == ("spanish", "french")

    set_all(monkeypatch, {"SMS_KEYWORDS": "klingon"})
    assert "SMS_KEYWORDS" in complaint()


def test_linked_identities_are_the_names_of_one_person_each(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, BASE, {"LINKED_IDENTITIES": "U1=ada@x.example, +4479; U2=grace@x.example;"})
    linked = read_settings(ProcessType.WEB).linked

    set_all(monkeypatch, {"LINKED_IDENTITIES": "U1:ada@x.example"})

    assert linked == (frozenset({"U1", "ada@x.example", "+4479"}), frozenset({"U2", "grace@x.example"}))
    assert "LINKED_IDENTITIES" in complaint()
