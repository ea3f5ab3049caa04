"""Fields of a header: words, parameters, addresses, ids, dates."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.mail import AddressFlag
from channels.email.reading.addresses import addresses, canonical
from channels.email.reading.charset import codec_name, decode
from channels.email.reading.fields import base64_bytes, date, decoded, parameters
from channels.email.reading.filenames import distinct, safe_name
from channels.email.reading.references import message_ids

CHARSETS = ["", "utf-8", "iso-2022-jp", "gb2312", "utf-7", "big5", "utf-16", "nonsense"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?utf-8?q?one?= =?utf-8?q?two?=", "onetwo"),
        ("=?utf-8?q?one?= and =?utf-8?q?two?=", "one and two"),
        ("=?UTF-8?B?w4Q=?=\r\n =?iso-8859-1?Q?=E4?=", "Ää"),
        ("=?utf-8*en?q?hello?=", "hello"),
        ("=?utf-8?q?with spaces inside?=", "with spaces inside"),
        ("=?utf-8?b?bm90IGNsb3NlZA", "=?utf-8?b?bm90IGNsb3NlZA"),
        ("folded\r\n\tover\r\n  lines", "folded over lines"),
    ],
)
def test_encoded_words_are_read(written: str, read: str) -> None:
    assert decoded(written) == read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('text/plain; name="a b.txt"', "a b.txt"),
        ("text/plain; name=a.txt; x", "a.txt"),
        ("text/plain; name*=utf-8''%C3%A4.txt", "ä.txt"),
        ("text/plain; name*1=two; name*0=one", "onetwo"),
        ("text/plain; name*0*=utf-8''%C3; name*1*=%A4", "ä"),
        ('text/plain; name="never closed.txt', "never closed.txt"),
        (r'text/plain; name="q\"uote"', 'q"uote'),
        ("text/plain; name*=''", ""),
    ],
)
def test_parameters_are_read_in_all_their_forms(written: str, value: str) -> None:
    assert parameters(written)[1].get("name", "") == value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"Lovelace, Ada" <Ada@Example.COM>, c@example.org (Charles)', ["ada@example.com", "c@example.org"]),
        ("Team: a@b.example, c@d.example; e@f.example", ["a@b.example", "c@d.example", "e@f.example"]),
        ("a@b.example; c@d.example", ["a@b.example", "c@d.example"]),
        ("undisclosed-recipients:;", []),
        ("", []),
        ("no address here", []),
        ("<@relay.example:a@b.example>", ["a@b.example"]),
        ("mailto:a@b.example", ["a@b.example"]),
        ("Ada a@b.example", ["a@b.example"]),
        ('"never closed <a@b.example>, c@d.example', ["a@b.example", "c@d.example"]),
        ("=?utf-8?q?Ada_=3Ca=40b=2Eexample=3E?=", ["a@b.example"]),
        ('"a@b.example" <a@b.example>', ["a@b.example"]),
        ("ada@bücher.example", ["ada@xn--bcher-kva.example"]),
    ],
)
def test_addresses_are_found(written: str, expected: list[str]) -> None:
    assert [address.address for address in addresses(written)] == expected


def test_a_comma_inside_an_encoded_name_parts_nothing() -> None:
    (address,) = addresses("=?utf-8?q?Lovelace=2C_Ada?= <ada@example.com>")

    assert (address.name, address.written) == ("Lovelace, Ada", "ada@example.com")


def test_a_name_with_hidden_characters_is_cleaned_and_flagged() -> None:
    (address,) = addresses("Ada\u202e\u200b Lovelace <ada@example.com>")

    assert (address.name, address.flags) == ("Ada Lovelace", frozenset({AddressFlag.INVISIBLE_CHARACTERS}))


def test_a_name_that_repeats_its_own_address_is_no_disguise() -> None:
    (address,) = addresses('"ADA@example.com" <ada@example.com>')

    assert address.flags == frozenset()


def test_plus_parts_and_dots_are_not_merged() -> None:
    assert canonical("A.da+Shop@Example.COM.") == "a.da+shop@example.com"


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("<a@b><c@d>", ("a@b", "c@d")),
        ("<a@b>, <c@d>", ("a@b", "c@d")),
        ("<a@\r\n b>", ("a@b",)),
        ("a@b c@d", ("a@b", "c@d")),
        ("<[a@b]>", ("a@b",)),
        ("<a@b> <a@b>", ("a@b",)),
        ("Message of Monday", ()),
        ("<no-at-sign>", ("no-at-sign",)),
    ],
)
def test_message_ids_are_found(written: str, ids: tuple[str, ...]) -> None:
    assert message_ids(written) == ids


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Thu, 28 Jan 2016 19:04:00 +0100", datetime(2016, 1, 28, 18, 4, tzinfo=UTC)),
        ("28 Jan 2016 19:04:00", datetime(2016, 1, 28, 19, 4, tzinfo=UTC)),
        ("Thu, 28 Jan 2016\r\n 19:04:00 GMT (comment)", datetime(2016, 1, 28, 19, 4, tzinfo=UTC)),
        ("yesterday", None),
        ("Thu, 99 Jan 2016 99:99:99 +9999", None),
        ("", None),
    ],
)
def test_dates_are_read_or_given_up(written: str, read: datetime | None) -> None:
    assert date(written) == read


def test_unknown_and_unsafe_charsets_are_no_charsets() -> None:
    assert [codec_name(name) for name in ("x-nonsense", "hex", "unicode_escape", "idna", "", "\x00")] == [""] * 6


def test_a_stray_byte_does_not_turn_utf_8_into_gibberish() -> None:
    assert decode("Grüße aus München und Köln ".encode() + b"\xff").startswith("Grüße aus München und Köln")


def test_names_that_clash_are_numbered() -> None:
    assert distinct(["a.txt", "A.TXT", "a.txt", ".profile", ".profile"]) == [
        "a.txt",
        "A (2).TXT",
        "a (3).txt",
        ".profile",
        ".profile (2)",
    ]


@settings(deadline=None)
@given(st.text(max_size=300), st.sampled_from(["text/plain", "image/jpeg", "x/y"]))
def test_any_file_name_becomes_safe(written: str, mime_type: str) -> None:
    name = safe_name(written, mime_type)

    assert 0 < len(name.encode("utf-8", "replace")) <= 180
    assert not set(name) & set('/\\\x00\r\n\t:*?"<>|')
    assert name not in (".", "..")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_field_is_read_without_an_exception(value: str) -> None:
    assert isinstance(decoded(value), str)
    assert isinstance(parameters(value), tuple)
    assert isinstance(addresses(value), tuple)
    assert isinstance(message_ids(value), tuple)
    date(value)


@settings(deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "iso-2022-jp", "gb2312", "utf-7", "big5", "utf-16", "nonsense"]),
)
def test_any_bytes_decode_in_any_charset(content: bytes, charset: str) -> None:
    assert "\x00" not in decode(content, charset)


@given(st.binary(max_size=100))
def test_base64_gives_back_what_was_encoded(content: bytes) -> None:
    assert base64_bytes(base64.encodebytes(content)) == content
