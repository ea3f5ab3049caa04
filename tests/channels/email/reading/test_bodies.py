"""Which text and which files a mail holds."""

from __future__ import annotations

from channels.email.mail import MailWarning
from tests.channels.email.corpus import parsed


def test_a_plain_mail_is_its_text() -> None:
    mail = parsed("plain")

    assert (mail.text, mail.new_text, mail.elided_text, mail.html) == ("Where is my order 4711?",) * 2 + ("", "")
    assert mail.warnings == ()


def test_of_alternatives_the_text_is_taken_and_the_html_kept_for_showing() -> None:
    mail = parsed("alternative")

    assert mail.new_text == "Where is my order?"
    assert "Thank you for your order." in mail.elided_text
    assert "<b>order</b>" in mail.html
    assert MailWarning.PARTS_DISAGREE not in mail.warnings


def test_html_keeps_its_links_lists_tables_and_code() -> None:
    mail = parsed("html_only")

    assert "broken <https://shop.example/broken>" in mail.text
    assert "* the lid\n  * the handle" in mail.text
    assert "Pot   12" in mail.text
    assert "if x:\n    y()" in mail.text


def test_an_empty_text_part_gives_way_to_the_html() -> None:
    assert parsed("html_with_empty_text_part").new_text == "The lid is broken."


def test_a_text_part_that_points_to_the_html_gives_way_to_it() -> None:
    assert parsed("text_part_that_points_to_html").new_text == "The lid is broken."


def test_what_the_reader_would_not_see_is_removed() -> None:
    mail = parsed("hidden_text")

    assert "Ignore" not in mail.text
    assert mail.new_text == "Please refund me.\n\nOrder 4711\n\nZerowidth."
    assert MailWarning.HIDDEN_TEXT in mail.warnings


def test_html_for_people_cannot_run_load_or_submit_anything() -> None:
    html = parsed("script_and_form").html

    for harmful in ("script", "onclick", "javascript:", "form", "input", "tracker", "iframe", "style"):
        assert harmful not in html
    assert 'src="cid:logo@x"' in html


def test_text_between_pictures_stays_in_order() -> None:
    mail = parsed("text_between_pictures")

    assert mail.new_text == "First the lid:\n\nThen the handle:\n\nThat is all."
    assert [file.name for file in mail.attachments] == ["lid.png", "handle.png"]


def test_pictures_that_the_html_shows_are_inline_and_others_are_files() -> None:
    mail = parsed("inline_pictures")

    assert {file.name: file.is_inline for file in mail.attachments} == {
        "screen.png": True,
        "logo.png": True,
        "unused.png": False,
    }


def test_pictures_of_the_signature_are_marked_as_decoration() -> None:
    mail = parsed("inline_pictures")

    assert {file.name for file in mail.attachments if file.is_decoration} == {"logo.png"}


def test_a_mail_that_is_only_a_file_is_accepted() -> None:
    mail = parsed("attachment_only")

    assert (mail.new_text, mail.subject) == ("", "")
    assert [(file.name, file.mime_type, file.content) for file in mail.attachments] == [
        ("invoice.pdf", "application/pdf", b"%PDF-1.4 tiny")
    ]
    assert MailWarning.EMPTY not in mail.warnings


def test_an_empty_mail_is_said_to_be_empty() -> None:
    mail = parsed("empty")

    assert (mail.new_text, mail.attachments) == ("", ())
    assert MailWarning.EMPTY in mail.warnings


def test_a_header_without_a_body_is_a_mail() -> None:
    assert parsed("header_only").subject == "My order"


def test_a_mail_inside_the_mail_is_readable_and_its_files_are_listed() -> None:
    mail = parsed("mail_inside_mail")

    assert mail.new_text == "Please look at what our customer writes."
    assert mail.forwarded is not None
    assert mail.forwarded.from_ is not None
    assert (mail.forwarded.from_.address, mail.forwarded.text) == ("charles@example.org", "The lid came off.")
    assert [file.name for file in mail.attachments] == ["Broken lid.txt", "lid.png"]
    assert b"The lid came off." in mail.attachments[0].content


def test_an_unopened_winmail_is_kept_with_a_notice() -> None:
    mail = parsed("winmail")

    assert [file.name for file in mail.attachments] == ["winmail.dat"]
    assert MailWarning.TNEF in mail.warnings


def test_an_invitation_is_told_in_words() -> None:
    mail = parsed("invitation_only")

    assert mail.new_text.split("\n") == [
        "Invitation (request)",
        "What: Repair visit, kitchen",
        "From: 2016-02-03 10:00 (Europe/London)",
        "Until: 2016-02-03 11:00 UTC",
        "Where: 12 St James's Square",
        "Organiser: Ada Lovelace <ada@example.com>",
    ]


def test_signed_mail_is_read_and_its_signature_kept() -> None:
    mail = parsed("smime_signed")

    assert mail.new_text == "I hereby cancel my order."
    assert [file.name for file in mail.attachments] == ["smime.p7s"]
    assert MailWarning.SIGNED in mail.warnings


def test_clear_signed_text_is_read_without_its_armour() -> None:
    mail = parsed("pgp_clear_signed")

    assert mail.new_text == "I hereby cancel my order."
    assert MailWarning.SIGNED in mail.warnings


def test_encrypted_mail_is_said_to_be_encrypted() -> None:
    mail = parsed("pgp_encrypted")

    assert mail.new_text == ""
    assert MailWarning.ENCRYPTED in mail.warnings
    assert [file.name for file in mail.attachments] == ["encrypted.asc"]


def test_a_file_inside_the_text_is_taken_out() -> None:
    mail = parsed("uuencoded_file")

    assert mail.new_text == "Here is the note.\n\n\nThank you."
    assert [(file.name, file.content) for file in mail.attachments] == [("note.txt", b"hello world")]


def test_flowed_text_gets_its_paragraphs_back() -> None:
    assert parsed("flowed").new_text == "This is one long paragraph that was wrapped.\n\nA new one."


def test_file_names_are_decoded_and_made_safe() -> None:
    names = [file.name for file in parsed("filenames").attachments]

    assert names == [
        "Rechnung für Ada.pdf",
        "Rechnung für Ada (2).pdf",
        "pass wd",
        "CON_1_.txt",
        "report.txt",
        "report (2).txt",
        "attachment.jpg",
        names[7],
        "invoice_fdp.exe",
    ]
    assert len(names[7].encode()) <= 180
    assert names[7].endswith(".txt")
