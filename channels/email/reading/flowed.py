"""`format=flowed` text (RFC 3676) put back into the paragraphs that were typed."""

from __future__ import annotations


def unflowed(text: str, *, deletes_space: bool) -> str:
    """Join the lines that end in a space, within one quote depth. `deletes_space` is the DelSp parameter."""
    result: list[str] = []
    paragraph: list[str] = []
    paragraph_depth = 0
    for line in text.split("\n"):
        depth, content = _split(line)
        if paragraph and depth != paragraph_depth:
            result.append(_quoted(paragraph_depth, paragraph))
            paragraph = []
        paragraph_depth = depth
        is_flowed = content.endswith(" ") and content != "-- "
        if is_flowed:
            paragraph.append(content[:-1] if deletes_space else content)
            continue
        if content == "-- " and paragraph:
            result.append(_quoted(depth, paragraph))
            paragraph = []
        paragraph.append(content)
        result.append(_quoted(depth, paragraph))
        paragraph = []
    if paragraph:
        result.append(_quoted(paragraph_depth, paragraph))
    return "\n".join(result)


def _split(line: str) -> tuple[int, str]:
    content = line.lstrip(">")
    depth = len(line) - len(content)
    return depth, content.removeprefix(" ")


def _quoted(depth: int, pieces: list[str]) -> str:
    text = "".join(pieces)
    return f"{'>' * depth} {text}" if depth else text
