"""What our own mail server found out about the sender (RFC 8601), and nothing that anybody else claims.

Believed are only `Authentication-Results` fields that carry the configured authserv-id and stand above the first
Received line of a foreign server: what is below was there when the mail arrived, so that its sender may have written
it. (RFC 8601 §5 asks our server to remove fields that pretend to be its own.) The forms that Microsoft and Yahoo
write, without an id or with a dangling semicolon, are read too.

Where the server reports no DMARC result we look for an aligned DKIM or SPF pass ourselves. Organisational domains come
from the public suffix list that ships with `publicsuffixlist`: no network, so that parsing stays pure (a DNS tree walk,
RFC 9989, would not), and released monthly, so that it stays fresh.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList

from channels.email.mail import Authentication, Verdict
from channels.email.reading.addresses import canonical
from channels.email.reading.fields import unfolded

MAX_FIELDS = 50

_RESULT = re.compile(r"^\s*([a-z][a-z0-9_-]{0,30})(?:/\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"\b([a-z]{1,20}\.[a-z0-9_-]{1,40})\s*=\s*\"?([^\s;\"]{1,320})", re.IGNORECASE)
_BY = re.compile(r"\bby\s+([^\s;()]{1,255})", re.IGNORECASE)
_DMARC_WORDS = {
    "pass": Verdict.PASS,
    "fail": Verdict.FAIL,
    "hardfail": Verdict.FAIL,
    "reject": Verdict.FAIL,
    "quarantine": Verdict.FAIL,
    "temperror": Verdict.TEMPERROR,
}
_WORST_FIRST = (Verdict.FAIL, Verdict.TEMPERROR, Verdict.NONE, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class _Result:
    method: str
    word: str
    properties: dict[str, str]


def authenticate(
    headers: tuple[tuple[str, str], ...], *, from_domain: str, trusted_authserv: str, has_one_author: bool = True
) -> Authentication:
    """The verdict on `from_domain`. `headers` are the mail's fields in order, names in lower case.

    `trusted_authserv` may be the parent domain of ids that vary from host to host. Empty means: believe nothing.
    """
    if not trusted_authserv or not from_domain:
        return Authentication(domain=from_domain, reason="no authserv-id is trusted" if from_domain else "no sender")
    results = [result for value in _believable(headers, trusted_authserv.lower()) for result in _results(value)]
    if not results:
        return Authentication(domain=from_domain, reason="no result of our own server")
    verdict, reason = _verdict(results, from_domain)
    if verdict is Verdict.PASS and not has_one_author:
        verdict, reason = Verdict.NONE, "several authors"
    return Authentication(verdict, _word(results, "dkim"), _word(results, "spf"), from_domain, reason)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def organisational_domain(domain: str) -> str:
    """The domain that somebody registered: `mail.example.co.uk` → `example.co.uk`."""
    domain = domain.strip().strip(".").lower()
    return _suffixes().privatesuffix(domain) or domain


def are_aligned(one: str, other: str) -> bool:
    """Relaxed alignment (RFC 9989 §4): the same organisational domain."""
    return bool(one and other) and organisational_domain(one) == organisational_domain(other)


def _believable(headers: tuple[tuple[str, str], ...], trusted: str) -> list[str]:
    """Values of the results fields that our server wrote, without their id."""
    found: list[str] = []
    has_passed_own_server = False
    for name, raw in headers:
        if name == "received":
            if has_passed_own_server and not _is_own_hop(raw, trusted):
                break
            has_passed_own_server = True
        elif name == "authentication-results" and len(found) < MAX_FIELDS:
            identifier, rest = _split(_without_comments(unfolded(raw)))
            if _is_trusted(identifier, trusted) or (not identifier and _is_received_by(headers, trusted)):
                found.append(rest)
    return found


def _split(value: str) -> tuple[str, str]:
    """The authserv-id and the rest; the id is empty where the first thing is already a result (Microsoft)."""
    first, _, rest = value.partition(";")
    if _RESULT.match(first):
        return "", value
    return first.strip().partition(" ")[0].lower().rstrip("."), rest


def _is_trusted(identifier: str, trusted: str) -> bool:
    return identifier == trusted or identifier.endswith(f".{trusted}")


def _is_received_by(headers: tuple[tuple[str, str], ...], trusted: str) -> bool:
    """Whether the last hop was a host of the trusted name: the only sign that a field without an id has."""
    last = next((raw for name, raw in headers if name == "received"), "")
    by = _BY.search(unfolded(last))
    return by is not None and _is_trusted(by[1].lower().rstrip("."), trusted)


def _is_own_hop(received: str, trusted: str) -> bool:
    """Whether a host of ours wrote this Received line: of the same organisation, or one without a public name."""
    by = _BY.search(unfolded(received))
    if by is None:
        return True
    host = by[1].lower().strip("[].")
    is_public_name = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    return not is_public_name or are_aligned(host, trusted)


def _results(value: str) -> list[_Result]:
    found: list[_Result] = []
    for piece in value.split(";"):
        match = _RESULT.match(piece)
        if match:
            properties = {name.lower(): text.lower() for name, text in _PROPERTY.findall(piece)}
            found.append(_Result(match[1].lower(), match[2].lower(), properties))
    return found


def _verdict(results: list[_Result], from_domain: str) -> tuple[Verdict, str]:
    reported = [result for result in results if result.method == "dmarc"]
    about_sender = [result for result in reported if _domain(result.properties.get("header.from", "")) == from_domain]
    if about_sender:
        verdicts = {_DMARC_WORDS.get(result.word, Verdict.NONE) for result in about_sender}
        return next(verdict for verdict in _WORST_FIRST if verdict in verdicts), "dmarc"
    if reported:
        # A result about another domain, or about none that is named, says nothing good of this sender.
        has_failed = any(_DMARC_WORDS.get(result.word) is Verdict.FAIL for result in reported)
        return (Verdict.FAIL if has_failed else Verdict.NONE), "dmarc result for another domain"
    for result in results:
        if result.word == "pass" and any(are_aligned(domain, from_domain) for domain in _signing_domains(result)):
            return Verdict.PASS, f"aligned {result.method}"
    return Verdict.NONE, "nothing aligned"


def _signing_domains(result: _Result) -> list[str]:
    names = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom", "smtp.helo")}.get(result.method, ())
    return [_domain(result.properties[name]) for name in names if name in result.properties]


def _domain(value: str) -> str:
    address = value.strip("<>\"' .")
    return canonical(address if "@" in address else f"x@{address}").rpartition("@")[2]


def _word(results: list[_Result], method: str) -> str:
    words = [result.word for result in results if result.method == method]
    return "pass" if "pass" in words else next(iter(words), "")


def _without_comments(value: str) -> str:
    """`value` without its comments, nested or never closed: anything may stand in them, `dmarc=pass` too."""
    kept: list[str] = []
    depth = 0
    is_quoted = False
    for character in value:
        if character == '"' and not depth:
            is_quoted = not is_quoted
        elif character == "(" and not is_quoted:
            depth += 1
        elif character == ")" and not is_quoted:
            depth = max(0, depth - 1)
            continue
        if not depth:
            kept.append(character)
    return "".join(kept)
