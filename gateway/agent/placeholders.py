"""`[[inputs.topic]]`, `[[outputs.brief]]` and `[[tools.search]]` in the texts of a functional agent.

On the wire they are `{{inputs.<id>}}` and so on; what is in that form already is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.agent.errors import DefinitionError

_PLACEHOLDER = re.compile(r"\[\[\s*([A-Za-z_][A-Za-z0-9_.]*)\s*\]\]")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

Ids = Mapping[str, Mapping[str, str]]  # namespace → name → id


class TemplateReferenceError(DefinitionError):
    """A placeholder names something that the agent does not have."""


def resolve_placeholders(text: str, ids: Ids) -> str:
    """The text with ids for names. Raises TemplateReferenceError."""
    return _PLACEHOLDER.sub(lambda match: _resolved(match[1], ids), text)


def _resolved(reference: str, ids: Ids) -> str:
    namespace, _, name = reference.partition(".")
    if namespace not in ids:
        raise TemplateReferenceError(f"[[{reference}]] must begin with {', '.join(f'{space}.' for space in ids)}")
    known = ids[namespace]
    found = _found(name, known)
    if found is None:
        raise TemplateReferenceError(f"[[{reference}]]: the agent's {namespace} are {', '.join(known) or 'none'}")
    return f"{{{{{namespace}.{found}}}}}"


def _found(name: str, known: Mapping[str, str]) -> str | None:
    """By name, however it is cased, or by the id itself."""
    if name in known:
        return known[name]
    if name in known.values():
        return name
    by_lower = {key.lower(): value for key, value in known.items()}
    by_words = {_words(key): value for key, value in known.items()}
    return by_lower.get(name.lower()) or by_words.get(_words(name))


def _words(name: str) -> str:
    return _HUMP.sub("_", name).lower()
