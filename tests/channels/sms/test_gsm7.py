"""Folding saves money and never changes what is meant."""

from __future__ import annotations

import pytest

from channels.sms.gsm7 import fold, is_gsm7


@pytest.mark.parametrize(
    ("typographic", "plain"),
    [
        ("“It’s here”", '"It\'s here"'),
        ("9–5 — daily…", "9-5 - daily..."),
        ("• one", "- one"),
        ("`code`\tnext", "'code' next"),
        ("10\u00a0€", "10 €"),
        ("ＡＢＣ１２３！", "ABC123!"),
        ("ﬁne\u200b", "fine"),
        ("cafe\u0301", "café"),
    ],
)
def test_look_alikes_become_gsm7(typographic: str, plain: str) -> None:
    assert fold(typographic) == plain
    assert is_gsm7(plain)


@pytest.mark.parametrize("text", ["10² m", "1½ cups", "ça va", "x₂"])
def test_what_would_change_its_meaning_stays(text: str) -> None:
    assert fold(text) == text


def test_a_line_that_stays_ucs2_anyway_keeps_its_typography() -> None:
    assert fold("“Привет” …\n“Hi” …") == '“Привет” …\n"Hi" ...'


def test_japanese_keeps_its_punctuation() -> None:
    assert fold("はい、そうです。") == "はい、そうです。"


def test_a_small_c_with_cedilla_is_not_gsm7_but_the_capital_is() -> None:
    assert not is_gsm7("ç")
    assert is_gsm7("Ç")
