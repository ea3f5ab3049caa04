"""A platform that keeps agents: the REST side on loopback, in a thread of its own, with every request on record."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request. `body` is JSON, or of a form the fields by name."""

    method: str
    path: str
    query: JsonObject
    body: Any
    key: str | None


@dataclass
class Keeper:
    """Agents by id; `refusal` answers everything with a status and text instead."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    agents: dict[str, JsonObject] = field(default_factory=dict)
    refusal: tuple[int, str] | None = None
    run_outputs: JsonObject = field(default_factory=dict)

    def answer(self, asked: Asked) -> tuple[int, str]:
        self.asked.append(asked)
        if self.refusal:
            return self.refusal
        status, answer = self._answer(asked)
        return status, json.dumps(answer)

    def _answer(self, asked: Asked) -> tuple[int, JsonObject]:
        match asked.method, asked.path.strip("/").split("/"):
            case "POST", ["agent"]:
                agent_id = f"agent-{len(self.agents) + 1}"
                self.agents[agent_id] = {**asked.body, "_id": agent_id, "mainBranch": f"branch-of-{agent_id}"}
                return 200, {"id": agent_id}
            case "GET", ["agent"]:
                found = [agent for agent in self.agents.values() if _fits(agent, asked.query)]
                return (200, {"object": found[-1]}) if found else (404, {"error": "There is no such agent."})
            case "GET", ["agents"]:
                return 200, {"objects": list(reversed(self.agents.values()))}
            case "POST", ["update", "agent", agent_id]:
                kept = {key: value for key, value in asked.body.items() if key not in ("branch_id", "deploy", "bump")}
                self.agents[agent_id].update(kept)
                return 200, {"status": "success"}
            case "DELETE", ["agent", agent_id]:
                return 200, {"status": "success", "deleted": self.agents.pop(agent_id)["name"]}
            case "GET", ["mcp-server", _, "tools"]:
                return 200, {"tool_config": {"search_code": {"query": {"type": "dynamic", "value": ""}}}}
            case "POST", ["agent", _, "run"]:
                return 200, {"status": "success", "run_id": "run-1", "outputs": self.run_outputs, "error": None}
            case _:
                return 404, {"error": f"There is no {asked.method} {asked.path}."}


@contextmanager
def keeper() -> Iterator[Keeper]:
    kept = Keeper()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            path = parts.path.removeprefix("/v1")
            asked = Asked(self.command, path, query, self._body(), self.headers["Authorization"])
            status, text = kept.answer(asked)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_DELETE = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server names it
            """Quiet."""

        def _body(self) -> Any:
            raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
            content_type = self.headers["Content-Type"] or ""
            return _form(content_type, raw) if content_type.startswith("multipart/") else json.loads(raw or b"null")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _fits(agent: JsonObject, query: JsonObject) -> bool:
    wanted = {"_id": query.get("id"), "name": query.get("name")}
    return all(agent[key] == value for key, value in wanted.items() if value is not None)


def _form(content_type: str, raw: bytes) -> JsonObject:
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw, policy=HTTP)
    return {
        str(part.get_param("name", header="content-disposition")): [part.get_filename(), _payload(part)]
        for part in message.iter_parts()
    }


def _payload(part: Any) -> str:
    payload = part.get_payload(decode=True)
    return bytes(payload).decode()
