"""The STATIC and DYNAMIC inputs of a tool on the wire, and the schemas that follow from them.

A static input's value is a constant. A dynamic input's value is the description for the model. The wire carries neither
types nor defaults, so each kind that has some declares them here as `Input`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Input:
    """An input that a kind of tool knows: its JSON type, and what is used when nobody gives a value."""

    name: str
    type: str
    default: Any = None
    choices: tuple[str, ...] = ()
    about: str = ""
    minimum: int | None = None
    is_required: bool = False

    def schema(self, description: str = "") -> dict[str, Any]:
        """This input's JSON schema. The author's description comes before our own."""
        schema: dict[str, Any] = {"type": self.type}
        if text := description or self.about:
            schema["description"] = text
        if self.choices:
            schema["enum"] = list(self.choices)
        if self.minimum is not None:
            schema["minimum"] = self.minimum
        if self.is_required and self.type == "string":
            schema["minLength"] = 1
        return schema


@dataclass(frozen=True, slots=True)
class WireInputs:
    """A tool's declared inputs: constants, and descriptions of what the model supplies."""

    static: Mapping[str, Any] = field(default_factory=dict)
    dynamic: Mapping[str, str] = field(default_factory=dict)


def read_inputs(wire: object) -> WireInputs:
    """Reads the `inputs` object of a tool. What is no input frame counts as a constant."""
    static: dict[str, Any] = {}
    dynamic: dict[str, str] = {}
    for name, frame in wire.items() if isinstance(wire, Mapping) else ():
        if isinstance(frame, Mapping) and frame.get("type") == "dynamic":
            dynamic[name] = description if isinstance(description := frame.get("value"), str) else ""
        elif isinstance(frame, Mapping) and frame.get("type") == "static":
            static[name] = frame.get("value")
        else:
            static[name] = frame
    return WireInputs(static, dynamic)


def known_inputs(inputs: Sequence[Input], wire: WireInputs) -> WireInputs:
    """Without constants that are null, or that this kind does not know: newer authors may set more than we use."""
    known = {known.name for known in inputs}
    static = {name: value for name, value in wire.static.items() if name in known and value is not None}
    return WireInputs(static, wire.dynamic)


def model_schema(inputs: Sequence[Input], wire: WireInputs) -> dict[str, Any]:
    """What the model may supply: every known input that is not a constant."""
    open_inputs = [known for known in inputs if known.name not in wire.static]
    return object_schema(
        {known.name: known.schema(wire.dynamic.get(known.name, "")) for known in open_inputs},
        required=[known.name for known in open_inputs if known.is_required],
    )


def full_schema(inputs: Sequence[Input]) -> dict[str, Any]:
    """Everything the tool can run with."""
    return object_schema(
        {known.name: known.schema() for known in inputs},
        required=[known.name for known in inputs if known.is_required],
    )


def with_static_removed(schema: Mapping[str, Any], wire: WireInputs) -> dict[str, Any]:
    """A tool's own schema as the model sees it: without the constants, with the author's descriptions."""
    properties = {
        name: _described(inner, wire.dynamic.get(name, ""))
        for name, inner in schema.get("properties", {}).items()
        if name not in wire.static
    }
    required = [name for name in schema.get("required", ()) if name not in wire.static]
    return {**schema, "properties": properties, "required": required}


def object_schema(properties: Mapping[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    """A closed object."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def given_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that somebody set: null and an empty text mean that nobody did."""
    return {name: value for name, value in arguments.items() if value is not None and value != ""}


def open_schema(wire: WireInputs) -> dict[str, Any]:
    """The schema of a tool that declares no types: a constant has the type of its value, the rest is as it comes."""
    static = {name: {"type": _type_of(value)} for name, value in wire.static.items() if value is not None}
    dynamic = {name: _described({}, description) for name, description in wire.dynamic.items()}
    return {"type": "object", "properties": {**static, **dynamic}, "additionalProperties": True}


def with_defaults(inputs: Sequence[Input], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every input with its value: the one given, else the default."""
    return {known.name: given.get(known.name, known.default) for known in inputs}


def _described(schema: Any, description: str) -> Any:
    return {**schema, "description": description} if description and isinstance(schema, Mapping) else schema


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
