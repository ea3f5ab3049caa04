"""The HTML that mail programs write around a quotation, each with words of no language: only structure can tell."""

from __future__ import annotations

import pytest

from channels.email.replies.extract import extract

REPLY = "<div>Thank you.</div><div><br></div><div>It works <b>now</b>.</div>"
TYPED = "Thank you.\n\nIt works now."
OLD = "<p>Blorb snarf,</p><p>zint quux frob.</p><p>Mumble</p>"
WHO = "Zwoink 28 glorb 2016 19:04 Ada Lovelace &lt;<a href='mailto:ada@example.com'>ada@example.com</a>&gt; frumped"

CLIENTS = {
    "gmail": f"""<div dir="ltr">{REPLY}</div><br><div class="gmail_quote gmail_quote_container">
        <div dir="ltr" class="gmail_attr">{WHO}<br></div>
        <blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">{OLD}
        </blockquote></div>""",
    "gmail of old": f"""{REPLY}<br><div class="gmail_extra"><br><div class="gmail_quote">{WHO}<br>
        <blockquote class="gmail_quote">{OLD}</blockquote></div><br></div>""",
    "outlook on the web": f"""<html><body>{REPLY}<div id="appendonsend"></div><hr style="width:98%" tabindex="-1">
        <div id="divRplyFwdMsg" dir="ltr"><b>Gnarf:</b> Ada &lt;ada@example.com&gt;<br><b>Splot:</b> 28.1.2016</div>
        <div>{OLD}</div></body></html>""",
    "outlook ids renamed by another program": f"""<body>{REPLY}<div id="x_x_appendonsend"></div>
        <div id="x_x_divRplyFwdMsg"><b>Gnarf:</b> Ada</div><div>{OLD}</div></body>""",
    "outlook on the desktop": f"""<div class="WordSection1"><p class="MsoNormal">Thank you.</p>
        <p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">It works <b>now</b>.</p><p class="MsoNormal">&nbsp;</p>
        <div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>
        <p class="MsoNormal"><b>Gnarf:</b> Ada &lt;ada@example.com&gt;<br><b>Splot:</b> x<br><b>Quib:</b> y</p></div></div>
        {OLD}</div>""",
    "outlook for mobiles": f"""<body><div dir="auto">{REPLY}</div>
        <div id="ms-outlook-mobile-signature"><div>Grabble Outlook</div></div>
        <div id="mail-editor-reference-message-container"><hr><div id="divRplyFwdMsg"><b>Gnarf:</b> Ada</div>{OLD}</div>""",
    "thunderbird": f"""{REPLY}<br><div class="moz-cite-prefix">{WHO}<br></div>
        <blockquote type="cite" cite="mid:x@example.com">{OLD}</blockquote><br>
        <pre class="moz-signature" cols="72">-- \nAda</pre>""",
    "apple mail": f"""<body>{REPLY}<br><div><blockquote type="cite"><div>{WHO}:</div><br><div>{OLD}</div></blockquote></div>
        </body>""",
    "iphone": f"""{REPLY}<br><div id="AppleMailSignature" dir="ltr">Frobbed</div><div dir="ltr"><br>
        <blockquote type="cite">{WHO}<br><br></blockquote></div><blockquote type="cite">{OLD}</blockquote>""",
    "yahoo": f"""<div class="ydpabc12yahoo-style-wrap">{REPLY}</div><div id="yahoo_quoted_1234567890" class="yahoo_quoted">
        <div>{WHO}</div><div>{OLD}</div></div>""",
    "proton": f"""{REPLY}<div class="protonmail_signature_block"><div>Sent with Gribble</div></div>
        <div class="protonmail_quote">{WHO}<br><blockquote class="protonmail_quote" type="cite">{OLD}</blockquote></div>""",
    "zimbra": f"""<div>{REPLY}<br><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">
        <blockquote><b>Gnarf: </b>"Ada"<br></blockquote></div><div data-marker="__QUOTED_TEXT__">
        <blockquote>{OLD}</blockquote></div></div>""",
    "front": f"""{REPLY}<div class="front-signature">Ada</div>
        <blockquote type="cite" class="front-blockquote">{WHO}<br>{OLD}</blockquote>""",
    "gmx": f"""<div>{REPLY}</div><div name="quote" style="margin:10px 5px 5px 10px;border-left:2px solid #C3D9E5;">
        <div><b>Gnarf:</b> 28. Blorb 2016</div><div name="quoted-content">{OLD}</div></div>""",
    "spark": f"""<div name="messageBodySection">{REPLY}</div><div name="messageSignatureSection"><br>Ada</div>
        <div name="messageReplySection">{WHO}<br><blockquote type="cite">{OLD}</blockquote></div>""",
    "our own quotation": f"""{REPLY}<div data-frontdesk="quote"><p>{WHO}</p>{OLD}</div>""",
    "roundcube": f"""{REPLY}<p id="reply-intro">{WHO}</p><blockquote>{OLD}</blockquote>""",
    "windows live": f"""{REPLY}<hr id="stopSpelling">Gnarf: Ada<br>Splot: x<br><br>{OLD}""",
}


@pytest.mark.parametrize("html", CLIENTS.values(), ids=CLIENTS.keys())
def test_a_reply_is_found_by_structure_alone(html: str) -> None:
    assert extract("", html).new == TYPED


@pytest.mark.parametrize("html", CLIENTS.values(), ids=CLIENTS.keys())
def test_the_quotation_is_kept_aside(html: str) -> None:
    elided = extract("", html).elided

    assert "zint quux frob." in elided
    assert "works now" not in elided


def test_an_answer_below_the_quotation_is_found() -> None:
    html = f'<div class="moz-cite-prefix">{WHO}</div><blockquote type="cite">{OLD}</blockquote><p>Thanks, it works.</p>'

    assert extract("", html).new == "Thanks, it works."


def test_answers_between_quotations_are_kept_in_order() -> None:
    html = f"""<div class="gmail_quote"><div class="gmail_attr">{WHO}</div><blockquote class="gmail_quote">Which size?
        </blockquote><div>Forty-two.</div><blockquote class="gmail_quote">Which colour?</blockquote><div>Blue.</div></div>"""

    new = extract("", html).new

    assert [new.index(text) for text in ("size?", "Forty-two.", "colour?", "Blue.")] == sorted(
        new.index(text) for text in ("size?", "Forty-two.", "colour?", "Blue.")
    )
    assert "> Which colour?" in new


def test_structure_that_would_leave_nothing_is_not_believed() -> None:
    html = f'<div class="gmail_quote">{REPLY}</div>'

    assert extract("", html).new.replace("> ", "").replace(">", "") == TYPED


def test_text_indented_by_its_author_is_no_quotation() -> None:
    html = '<p>Please see:</p><blockquote style="margin:0 0 0 40px;border:none;padding:0px">my own words</blockquote><p>Ok?</p>'

    assert "my own words" in extract("", html).new
    assert ">" not in extract("", html).new


def test_a_long_signature_element_is_text() -> None:
    html = f'<p>Hello</p><div id="Signature">{"<p>typed below the signature by mistake, at length</p>" * 60}</div>'

    assert "typed below" in extract("", html).new


def test_text_and_html_that_agree_raise_no_flag() -> None:
    found = extract(
        "Hello *there*\n\nOn 1 Jan 2020 at 10:00 A <a@b.c> wrote:\n> old",
        CLIENTS["gmail"].replace(REPLY, "Hello <b>there</b>"),
    )

    assert (found.new, found.parts_disagree) == ("Hello *there*", False)


def test_html_knows_a_quotation_that_the_text_does_not_mark() -> None:
    found = extract(
        "Thank you.\n\nIt works now.\n\nZwoink 28 glorb Ada frumped\n\nBlorb snarf,\n\nzint", CLIENTS["gmail"]
    )

    assert (found.new, found.parts_disagree) == (TYPED, False)


def test_where_one_cut_goes_further_the_longer_text_is_kept_with_a_flag() -> None:
    plain = "First answer.\n\nOn 1 Jan 2020 at 10:00 A <a@b.c> wrote:\n\nSecond answer, not quoted."
    html = "<p>First answer.</p><p>On 1 Jan 2020 at 10:00,</p><p>as I said: Second answer, not quoted.</p>"

    found = extract(plain, html)

    assert "Second answer" in found.new
    assert found.parts_disagree


def test_a_text_part_that_only_points_to_the_html_is_not_the_mail() -> None:
    found = extract("Please view this message in an HTML compatible mail program.", "<p>My order is late.</p>")

    assert found.new == "My order is late."
