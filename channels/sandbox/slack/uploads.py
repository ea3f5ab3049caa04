"""Files that the app sends, in Slack's three steps: ask for an address, put the bytes there, say where they belong.

See https://docs.slack.dev/messaging/working-with-files/
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field

from channels.sandbox.slack.rules import SlackError
from channels.sandbox.slack.workspace import APP, BOT, BOT_USER, Json, SlackChannel, Workspace, numbered


@dataclass(slots=True)
class _Upload:
    name: str
    length: int
    base_url: str
    content: bytes | None = None


@dataclass(slots=True)
class Uploads:
    """What is on its way. Only what was completed is remembered over a restart."""

    workspace: Workspace
    posted: Callable[[SlackChannel, Json], None]
    _waiting: dict[str, _Upload] = field(default_factory=dict)
    _next_id: Callable[[], str] = field(default_factory=lambda: numbered("upload-"))

    def begin(self, given: Json, base_url: str) -> Json:
        """`files.getUploadURLExternal`."""
        name, length = str(given.get("filename") or ""), str(given.get("length") or "")
        if not name or not length.isdecimal() or int(length) == 0:
            raise SlackError("invalid_arguments", "[ERROR] missing required field: filename, length")
        upload_id = self._next_id()
        self._waiting[upload_id] = _Upload(name, int(length), base_url)
        return {"ok": True, "upload_url": f"{base_url}/upload/{upload_id}", "file_id": upload_id}

    def put(self, upload_id: str, content: bytes) -> bool:
        """The bytes. Slack takes them once, and as many as were announced."""
        upload = self._waiting.get(upload_id)
        if upload is None or upload.content is not None or len(content) != upload.length:
            return False
        upload.content = content
        return True

    def complete(self, channel: SlackChannel, given: Json) -> Json:
        """`files.completeUploadExternal`: one message with all the files."""
        described = [self._keep(file) for file in given.get("files") or ()]
        if not described:
            raise SlackError("invalid_arguments", "[ERROR] missing required field: files")
        thread = {"thread_ts": given["thread_ts"]} if given.get("thread_ts") else {}
        author = {"user": BOT_USER, "bot_id": BOT, "app_id": APP, "subtype": "file_share", "upload": True}
        text = str(given.get("initial_comment") or "")
        message = self.workspace.post(channel.id, {**author, "text": text, "files": described, **thread})
        self.posted(channel, message)
        return {"files": described}

    def _keep(self, file: Json) -> Json:
        upload = self._waiting.get(str(file.get("id")))
        if upload is None or upload.content is None:
            raise SlackError("file_not_found")
        del self._waiting[str(file["id"])]
        mime_type = mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
        return self.workspace.add_file(
            upload.name, mime_type, upload.content, base_url=upload.base_url, title=str(file.get("title") or "")
        )
