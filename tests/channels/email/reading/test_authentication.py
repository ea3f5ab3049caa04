"""Whose word about a sender is believed."""

from __future__ import annotations

import pytest

from channels.email.mail import Authentication, Verdict
from channels.email.reading.authentication import are_aligned, organisational_domain
from tests.channels.email.corpus import parsed_text

MAIL = "From: Ada <ada@example.com>\nSubject: Hello\n\nHi.\n"
OWN_HOP = "Received: from mail.example.com by mx.shop.example with ESMTPS id 1; Thu, 28 Jan 2016 19:04:00 +0000\n"
FOREIGN_HOP = "Received: from laptop by mail.example.com with ESMTPSA id 2; Thu, 28 Jan 2016 19:03:00 +0000\n"
PASS = "Authentication-Results: mx.shop.example; dmarc=pass (p=REJECT) header.from=example.com\n"


def verdict(headers: str, *, trusted: str = "mx.shop.example", mail: str = MAIL) -> Authentication:
    return parsed_text(headers + mail, trusted_authserv=trusted).authentication


def test_the_word_of_our_own_server_counts() -> None:
    found = verdict(PASS + OWN_HOP + FOREIGN_HOP)

    assert (found.dmarc, found.domain, found.is_proven) == (Verdict.PASS, "example.com", True)


def test_nobody_is_believed_where_no_server_is_trusted() -> None:
    assert verdict(PASS + OWN_HOP, trusted="").dmarc is Verdict.ABSENT


def test_the_word_of_another_server_is_ignored() -> None:
    other = PASS.replace("mx.shop.example", "mx.mallory.example")

    assert verdict(other + OWN_HOP).dmarc is Verdict.ABSENT


def test_a_server_whose_name_only_ends_alike_is_another_one() -> None:
    other = PASS.replace("mx.shop.example", "evil-mx.shop.example")

    assert verdict(other + OWN_HOP).dmarc is Verdict.ABSENT


def test_what_was_there_before_the_mail_reached_us_is_ignored() -> None:
    assert verdict(OWN_HOP + FOREIGN_HOP + PASS).dmarc is Verdict.ABSENT


def test_results_may_stand_below_the_line_of_our_own_hop() -> None:
    internal = "Received: by 2002:a05:6214 with SMTP id 3; Thu, 28 Jan 2016 19:05:00 +0000\n"

    assert verdict(internal + OWN_HOP + PASS + FOREIGN_HOP).dmarc is Verdict.PASS


def test_hosts_below_a_trusted_domain_are_trusted() -> None:
    results = "Authentication-Results: atlas-7.yahoo.example; dmarc=pass(p=NONE,sp=NONE) header.from=example.com;\n"

    assert verdict(results, trusted="yahoo.example").dmarc is Verdict.PASS


def test_results_without_an_id_count_if_a_trusted_host_took_the_mail() -> None:
    results = (
        "Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.com;\n"
        " dkim=pass (signature was verified) header.d=example.com;dmarc=pass action=none\n"
        " header.from=example.com;compauth=pass reason=100\n"
    )
    hop = "Received: from a.example.com by AM1.outlook.example with ESMTP; Thu, 28 Jan 2016 19:04:00 +0000\n"

    assert verdict(hop + results, trusted="outlook.example").dmarc is Verdict.PASS
    assert verdict(OWN_HOP + results, trusted="outlook.example").dmarc is Verdict.ABSENT


def test_a_pass_for_another_domain_is_no_pass() -> None:
    assert verdict(PASS.replace("header.from=example.com", "header.from=mallory.example")).dmarc is Verdict.NONE


def test_a_pass_that_names_no_domain_is_no_pass() -> None:
    assert verdict(PASS.replace(" header.from=example.com", "")).dmarc is Verdict.NONE


def test_of_several_results_the_worst_counts() -> None:
    assert verdict(PASS + PASS.replace("dmarc=pass", "dmarc=fail")).has_failed


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("pass", Verdict.PASS),
        ("fail", Verdict.FAIL),
        ("none", Verdict.NONE),
        ("bestguesspass", Verdict.NONE),
        ("permerror", Verdict.NONE),
        ("temperror", Verdict.TEMPERROR),
    ],
)
def test_every_word_of_a_result_has_its_verdict(word: str, expected: Verdict) -> None:
    assert verdict(PASS.replace("dmarc=pass", f"dmarc={word}")).dmarc is expected


def test_a_result_inside_a_comment_or_a_quotation_is_none() -> None:
    comment = "(dmarc=pass header.from=example.com)"
    results = f'Authentication-Results: mx.shop.example; spf=fail {comment} smtp.helo="x; dmarc=pass"\n'

    assert verdict(results).dmarc is not Verdict.PASS


def test_a_comment_that_is_never_closed_hides_what_follows() -> None:
    results = "Authentication-Results: mx.shop.example; spf=fail (by us; dmarc=pass header.from=example.com\n"

    assert verdict(results).dmarc is not Verdict.PASS


def test_without_a_dmarc_result_an_aligned_signature_passes() -> None:
    results = "Authentication-Results: mx.shop.example; dkim=pass header.d=mail.example.com; spf=softfail\n"

    assert (verdict(results).dmarc, verdict(results).dkim) == (Verdict.PASS, "pass")


def test_without_a_dmarc_result_a_foreign_signature_passes_nothing() -> None:
    results = (
        "Authentication-Results: mx.shop.example; dkim=pass header.d=mailer.example;"
        " spf=pass smtp.mailfrom=x@mailer.example\n"
    )

    assert verdict(results).dmarc is Verdict.NONE


def test_a_mail_of_several_authors_is_never_proven() -> None:
    mail = "From: ada@example.com, mallory@evil.example\nSubject: Hello\n\nHi.\n"

    assert verdict(PASS, mail=mail).dmarc is Verdict.NONE


def test_a_second_from_field_is_a_second_author() -> None:
    assert verdict(PASS, mail="From: ada@example.com\nFrom: mallory@evil.example\n\nHi.\n").dmarc is Verdict.NONE


def test_organisational_domains_follow_the_public_suffix_list() -> None:
    assert organisational_domain("a.b.example.co.uk") == "example.co.uk"
    assert organisational_domain("shop.github.io") == "shop.github.io"
    assert are_aligned("mail.example.com", "example.com")
    assert not are_aligned("one.github.io", "two.github.io")
    assert not are_aligned("", "")
