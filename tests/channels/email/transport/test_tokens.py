"""Signed ids: genuine ones are read back, everything else is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.support_address import SupportAddress
from channels.email.tokens import Purpose, SignedKey, Signer

KEY = "dlv_0193a5e2b7c4" + "ab" * 10
SIGNER = Signer("a secret")
SUPPORT = SupportAddress.parse("Acme Support <Support@Acme.example>", SIGNER)

keys = st.one_of(st.just(KEY), st.text(max_size=60).filter(lambda text: text.isprintable()))


@given(key=keys, purpose=st.sampled_from(Purpose), address=st.emails())
def test_a_token_says_what_was_signed_in_any_case(key: str, purpose: Purpose, address: str) -> None:
    token = SIGNER.sign(purpose, key, address=address)

    assert SIGNER.read(purpose, token.upper(), addresses=["x@y.example", address]) == SignedKey(key, address)


@given(key=keys, position=st.integers(min_value=0), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_token_with_another_letter_anywhere_is_nothing(key: str, position: int, letter: str) -> None:
    token = SIGNER.sign(Purpose.REPLY, key)
    at = position % len(token)
    changed = token[:at] + letter + token[at + 1 :]

    read = SIGNER.read(Purpose.REPLY, changed)

    assert (read is None) == (changed != token)


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    assert SIGNER.read(Purpose.REPLY, text) is None


def test_a_token_is_bound_to_its_purpose() -> None:
    token = SIGNER.sign(Purpose.BOUNCE, KEY)

    assert SIGNER.read(Purpose.REPLY, token) is None
    assert SIGNER.read(Purpose.MESSAGE_ID, token) is None


def test_a_token_is_bound_to_the_address_it_was_given_to() -> None:
    token = SIGNER.sign(Purpose.REPLY, KEY, address="ada@example.com")

    assert SIGNER.read(Purpose.REPLY, token, addresses=["eve@example.com", ""]) is None


def test_a_new_secret_still_reads_what_the_old_one_signed() -> None:
    rotated = Signer("a new secret", "a secret")

    read = rotated.read(Purpose.BOUNCE, SIGNER.sign(Purpose.BOUNCE, KEY))

    assert read == SignedKey(KEY, generation=1)
    assert rotated.sign(Purpose.BOUNCE, KEY) != SIGNER.sign(Purpose.BOUNCE, KEY)


def test_an_old_bounce_leads_to_the_message_id_of_its_time() -> None:
    rotated = SupportAddress.parse("support@acme.example", Signer("a new secret", "a secret"))

    bounced = rotated.read_bounce([SUPPORT.bounce_address(KEY)])

    assert bounced is not None
    assert rotated.message_id(bounced.key, generation=bounced.generation) == SUPPORT.message_id(KEY)


def test_a_retired_secret_reads_nothing() -> None:
    assert Signer("a new secret").read(Purpose.BOUNCE, SIGNER.sign(Purpose.BOUNCE, KEY)) is None


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="secret"):
        Signer("")


def test_a_reply_address_leads_its_customer_back() -> None:
    address = SUPPORT.reply_address(KEY, "Ada@Example.com")

    read = SUPPORT.read_reply(["other@acme.example", address.upper()], ["ada@example.com"])

    assert read == SignedKey(KEY, "ada@example.com")
    assert len(address.rpartition("@")[0]) <= 64


def test_a_reply_address_is_nothing_in_the_hands_of_somebody_else() -> None:
    address = SUPPORT.reply_address(KEY, "ada@example.com")

    assert SUPPORT.read_reply([address], ["eve@example.com"]) is None


def test_a_token_at_a_foreign_address_is_not_looked_at() -> None:
    token = SUPPORT.reply_address(KEY, "ada@example.com").partition("@")[0]

    assert SUPPORT.read_reply([f"{token}@evil.example"], ["ada@example.com"]) is None


def test_a_bounce_address_names_the_message_that_bounced() -> None:
    assert SUPPORT.read_bounce([SUPPORT.bounce_address(KEY)]) == SignedKey(KEY)
    assert SUPPORT.read_bounce([SUPPORT.reply_address(KEY, "ada@example.com")]) is None
    assert len(SUPPORT.bounce_address(KEY).rpartition("@")[0]) <= 64


def test_a_message_id_is_the_same_at_every_attempt_and_recognised() -> None:
    message_id = SUPPORT.message_id(KEY)

    assert message_id == SUPPORT.message_id(KEY)
    assert SUPPORT.read_message_id(message_id) == SignedKey(KEY)
    assert SUPPORT.read_message_id("fd.guess@acme.example") is None


def test_addresses_stay_plain_where_the_server_has_no_plus_addresses() -> None:
    plain = SupportAddress.parse("support@acme.example", SIGNER, has_plus=False)

    assert plain.reply_address(KEY, "ada@example.com") == "support@acme.example"
    assert plain.bounce_address(KEY) == "support@acme.example"


def test_a_token_that_would_not_fit_is_left_out() -> None:
    long = SupportAddress.parse("customer-satisfaction@acme.example", SIGNER)

    assert long.reply_address(KEY, "ada@example.com") == "customer-satisfaction@acme.example"


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        ("support@acme.example", True),
        ("SUPPORT+anything@ACME.example", True),
        ("support@evil.example", False),
        ("support.acme.example", False),
        ("", False),
    ],
)
def test_our_own_addresses_are_known(address: str, is_ours: bool) -> None:
    assert SUPPORT.is_ours(address) is is_ours


@pytest.mark.parametrize("written", ["", "support", "@", "Acme <>"])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        SupportAddress.parse(written, SIGNER)
