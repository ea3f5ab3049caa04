"""Documents become passages under their headings, and no word of them is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engine.tools.knowledge.html_blocks import html_blocks
from gateway.engine.tools.knowledge.passages import (
    MAX_PASSAGE_CHARS,
    Passage,
    UnreadableDocument,
    html_passages,
    is_document,
    markdown_passages,
    plain_passages,
    read_passages,
)

MARKDOWN = """\
---
title: not text
---
Before any heading.

# Refunds #

How refunds work.

## Partial refunds
A fifth.

```
# not a heading
```

Shipping
--------
By boat.

# Empty

# Returns
Thirty days.
"""

HTML = """\
<!doctype html><html><head><title>no</title><style>p { color: red }</style></head>
<body><nav>Home</nav><h1>Refunds <em>now</em></h1><p>How they&nbsp;work &amp; why.<br>Next line.</p>
<h3>Deep</h3><ul><li>one</li><li>two</li></ul><script>alert("no")</script>
<table><tr><th>Paid by</th><td>Takes</td></tr><tr><th>Card</th><td>5 days</td></tr></table>
<h1>Returns</h1>Loose text
"""


def test_markdown_is_split_at_its_headings() -> None:
    assert list(markdown_passages(MARKDOWN)) == [
        Passage("", "Before any heading."),
        Passage("Refunds", "How refunds work."),
        Passage("Refunds › Partial refunds", "A fifth.\n\n```\n# not a heading\n```"),
        Passage("Refunds › Shipping", "By boat."),
        Passage("Returns", "Thirty days."),
    ]


def test_html_is_split_at_its_headings_without_what_is_not_shown() -> None:
    assert list(html_passages(HTML)) == [
        Passage("Refunds now", "How they work & why.\nNext line."),
        Passage("Refunds now › Deep", "one\ntwo\n\nPaid by Takes\nCard 5 days"),
        Passage("Returns", "Loose text"),
    ]


def test_a_long_section_is_cut_at_paragraphs_and_sentences() -> None:
    text = "\n\n".join(["A sentence. " * 60, "Another one. " * 150])

    passages = list(plain_passages(text))

    assert [len(passage.text) <= MAX_PASSAGE_CHARS for passage in passages] == [True] * len(passages)
    assert all(passage.text.endswith(".") for passage in passages)


def test_one_page_of_a_pdf_is_one_place() -> None:
    passages = read_passages("a.PDF", pdf("Refunds take five days."))

    assert passages == [Passage("page 1", "Refunds take five days.")]


@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n%%EOF", b"%PDF-1.4\n1 0 obj\n<<"])
def test_what_is_no_pdf_cannot_be_read(content: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        read_passages("a.pdf", content)


def test_old_encodings_are_read() -> None:
    assert read_passages("a.txt", "Thé à la menthe".encode("cp1252")) == [Passage("", "Thé à la menthe")]
    assert read_passages("a.md", "\ufeff# Thé\r\nvert".encode()) == [Passage("Thé", "vert")]


@pytest.mark.parametrize(
    ("name", "known"), [("a.md", True), ("b.HTML", True), ("c.pdf", True), ("d.docx", False), ("README", False)]
)
def test_only_documents_are_taken_in(name: str, known: bool) -> None:
    assert is_document(name) is known


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_no_word_of_a_plain_text_is_lost(text: str) -> None:
    passages = list(plain_passages(text))

    assert [word for passage in passages for word in words(passage.text)] == words(text)


_SECTIONS = st.lists(
    st.tuples(st.integers(1, 6), st.text("abc ", max_size=8), st.text("xyzé# \n-=`", max_size=60)), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(_SECTIONS)
def test_no_word_under_a_heading_of_markdown_is_lost(sections: list[tuple[int, str, str]]) -> None:
    bodies = [f"start\n\n{body}\n" for _, _, body in sections]
    text = "".join(f"{'#' * level} {title}\n{body}" for (level, title, _), body in zip(sections, bodies, strict=True))

    passages = list(markdown_passages(text))

    said = words(" ".join(f"{passage.heading} {passage.text}" for passage in passages))
    assert said.count("start") == len(sections)
    assert all(passage.text.strip() for passage in passages)


_TAGS = st.sampled_from(["<p>", "</p>", "<h1>", "</h1>", "<script>", "</script>", "<br>", "<td>", "<", "&amp", "<!--"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(_TAGS, st.text(max_size=10)), max_size=20))
def test_any_html_gives_blocks_of_words(pieces: list[str]) -> None:
    blocks = list(html_blocks("".join(pieces)))

    assert all(text.strip() for _, text in blocks)
    assert all(0 <= level <= 6 for level, _ in blocks)


def pdf(text: str) -> bytes:
    """The smallest PDF that shows a line."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer
