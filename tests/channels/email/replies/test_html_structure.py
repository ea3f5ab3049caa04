"""The HTML that mail programs write around a quotation, each with words of no language: only structure can tell."""

from __future__ import annotations

import pytest

from channels.email.replies.extract import extract
from tests.channels.email.corpus import FOLDER

CLIENTS = FOLDER / "clients"
TYPED = "Thank you.\n\nIt works now."
AUTHOR = "<div>Zwoink 28 glorb 2016 19:04 Ada frumped</div>"


def client(name: str) -> str:
    return (CLIENTS / f"{name}.html").read_text()


every_client = pytest.mark.parametrize("name", sorted(path.stem for path in CLIENTS.glob("*.html")))


@every_client
def test_a_reply_is_found_by_structure_alone(name: str) -> None:
    assert extract("", client(name)).new == TYPED


@every_client
def test_the_quotation_is_kept_aside(name: str) -> None:
    elided = extract("", client(name)).elided

    assert "zint quux frob." in elided
    assert "works now" not in elided


def test_an_answer_below_the_quotation_is_found() -> None:
    html = f"""
        <div class="moz-cite-prefix">{AUTHOR}</div>
        <blockquote type="cite"><p>Blorb snarf</p></blockquote>
        <p>Thanks, it works.</p>
    """

    assert extract("", html).new == "Thanks, it works."


def test_answers_between_quotations_are_kept_in_order() -> None:
    html = f"""
        <div class="gmail_quote"><div class="gmail_attr">{AUTHOR}</div>
        <blockquote class="gmail_quote">Which size?</blockquote><div>Forty-two.</div>
        <blockquote class="gmail_quote">Which colour?</blockquote><div>Blue.</div></div>
    """

    lines = [line for line in extract("", html).new.split("\n") if line.strip()]

    assert lines[-4:] == ["> Which size?", "Forty-two.", "> Which colour?", "Blue."]


def test_structure_that_would_leave_nothing_is_not_believed() -> None:
    html = '<div class="gmail_quote"><p>Where is my order?</p></div>'

    assert "Where is my order?" in extract("", html).new


def test_text_indented_by_its_author_is_no_quotation() -> None:
    html = """
        <p>Please see:</p>
        <blockquote style="margin:0 0 0 40px;border:none;padding:0px">my own words</blockquote>
        <p>Ok?</p>
    """

    assert "\nmy own words\n" in extract("", html).new


def test_a_long_signature_element_is_text() -> None:
    typed = "<p>typed below the signature by mistake, at length</p>" * 60

    assert "typed below" in extract("", f'<p>Hello</p><div id="Signature">{typed}</div>').new


def test_text_and_html_that_agree_raise_no_flag() -> None:
    plain = "Thank you.\n\nIt works *now*.\n\nOn 1 Jan 2020 at 10:00 A <a@b.example> wrote:\n> old"

    found = extract(plain, client("gmail"))

    assert (found.new, found.parts_disagree) == ("Thank you.\n\nIt works *now*.", False)


def test_html_knows_a_quotation_that_the_text_does_not_mark() -> None:
    plain = "Thank you.\n\nIt works now.\n\nZwoink 28 glorb Ada frumped\n\nBlorb snarf,\n\nzint"

    found = extract(plain, client("gmail"))

    assert (found.new, found.parts_disagree) == (TYPED, False)


def test_where_one_cut_goes_further_the_longer_text_is_kept_with_a_flag() -> None:
    plain = "First answer.\n\nOn 1 Jan 2020 at 10:00 A <a@b.example> wrote:\n\nSecond answer, not quoted."
    html = "<p>First answer.</p><p>On 1 Jan 2020 at 10:00,</p><p>as I said: Second answer, not quoted.</p>"

    found = extract(plain, html)

    assert "Second answer" in found.new
    assert found.parts_disagree


def test_two_different_texts_are_settled_for_the_plain_one_with_a_flag() -> None:
    plain = "My order is late.\n\nOn 1 Jan 2020 at 10:00 A <a@b.example> wrote:\n> old"

    found = extract(plain, "<p>Something else altogether, and much longer than that.</p>")

    assert (found.new, found.parts_disagree) == ("My order is late.", True)
