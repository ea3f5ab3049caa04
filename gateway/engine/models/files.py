"""How a posted file reaches a model: named always, shown where the model can read it, in words where it cannot."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import BinaryContent, TextContent, UserContent
from pydantic_ai.profiles import ModelProfile

FILE_MARK = "file"  # in a text item's metadata: {"name", "mime_type", "size"} of the file that it stands for
MAX_TEXT_CHARS = 50_000

_READABLE_IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_TEXT_TYPES = {
    "application/json",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/javascript",
    "application/toml",
    "message/rfc822",
}


def attachment(name: str, mime_type: str, data: bytes, profile: ModelProfile) -> Sequence[UserContent]:
    """The items of a user prompt that stand for one file. The first always names it, for every model."""
    mark = {FILE_MARK: {"name": name, "mime_type": mime_type, "size": len(data)}}
    title = f"[Attached file: {name} ({mime_type}, {len(data)} bytes)"
    media_type = mime_type.partition(";")[0].strip().lower()
    if not data:
        return [TextContent(f"{title}; it is empty]", metadata=mark)]
    if _is_shown(media_type, profile):
        return [TextContent(f"{title}]", metadata=mark), BinaryContent(data, media_type=media_type)]
    if _is_text(media_type):
        return [TextContent(f"{title}]", metadata=mark), TextContent(_decoded(data))]
    return [TextContent(f"{title}; you cannot read this kind of file]", metadata=mark)]


def _is_shown(media_type: str, profile: ModelProfile) -> bool:
    if media_type in _READABLE_IMAGES:
        return profile.get("supports_image_input", False)
    if media_type == "application/pdf":
        documents = profile.get("supported_document_media_types", frozenset({media_type}))
        return profile.get("supports_document_input", False) and media_type in documents
    return False


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type in _TEXT_TYPES or media_type.endswith(("+json", "+xml"))


def _decoded(data: bytes) -> str:
    text = data.decode("utf-8", errors="replace")
    if len(text) <= MAX_TEXT_CHARS:
        return text
    return f"{text[:MAX_TEXT_CHARS]}\n[cut here; the whole file has {len(text)} characters]"
