"""Which mailboxes the `mailbox` process watches, and how."""

from __future__ import annotations

from pydantic import SecretStr

from gateway.settings import Settings
from workers.mailbox_main import watched


def test_the_junk_mailbox_is_watched_too_where_it_is_named() -> None:
    imap_url = SecretStr("imaps://ada:secret@imap.example.com/INBOX")

    alone = watched(Settings(imap_url=imap_url))
    both = watched(Settings(imap_url=imap_url, imap_junk_mailbox="[Gmail]/Spam"))

    assert [(server.mailbox, is_junk) for server, is_junk in alone] == [("INBOX", False)]
    assert [(server.mailbox, is_junk) for server, is_junk in both] == [("INBOX", False), ("[Gmail]/Spam", True)]


def test_the_first_secret_signs_and_the_others_are_still_known() -> None:
    settings = Settings(secret_key=SecretStr("new, old,"))

    assert settings.secret_keys == ("new", "old")
