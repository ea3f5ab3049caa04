"""A Python function as a tool: its schema from the signature, its words from the docstring, and the call itself."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NotRequired, get_type_hints

from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict

from gateway.agent.docstring import read_docstring
from gateway.agent.errors import DefinitionError
from gateway.agent.policy import ApprovalPolicy

JsonObject = dict[str, Any]
Function = Callable[..., Any]


class ArgumentsError(ValueError):
    """The arguments do not fit the tool. `problems` says what is wrong with each, by argument."""

    def __init__(self, tool: str, problems: Mapping[str, str]) -> None:
        super().__init__(f"{tool}: " + "; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.tool = tool
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class LocalTool:
    """A tool that runs in this process. `parameters` is the JSON schema of its arguments, an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    high_risk: bool = False
    approvers: tuple[str, ...] = ()
    approvals_required: int | None = None
    function: Function = field(default=lambda: None, repr=False, compare=False)
    arguments: TypeAdapter[JsonObject] = field(
        default_factory=lambda: TypeAdapter(JsonObject), repr=False, compare=False
    )

    @classmethod
    def from_function(cls, function: Function, policy: ApprovalPolicy | None = None) -> LocalTool:
        """Raises DefinitionError for a function whose arguments cannot be named and described."""
        name = getattr(function, "__name__", "")
        if not name.isidentifier():
            raise DefinitionError("a tool needs a function with a name")
        policy = policy or ApprovalPolicy()
        docstring = read_docstring(function.__doc__)
        arguments = _arguments_of(function, name)
        return cls(
            name=name,
            description=docstring.summary,
            parameters=_schema_of(arguments, function, docstring.parameters),
            high_risk=policy.high_risk,
            approvers=policy.approvers,
            approvals_required=policy.approvals_required,
            function=function,
            arguments=arguments,
        )

    def validate(self, arguments: Mapping[str, Any]) -> JsonObject:
        """The arguments as the function takes them. Raises ArgumentsError."""
        try:
            return self.arguments.validate_python(dict(arguments))
        except ValidationError as error:
            raise ArgumentsError(self.name, _problems(error)) from None

    async def call(self, arguments: Mapping[str, Any]) -> str:
        """Run the function: an `async def` here, a `def` in a thread. Text comes back as it is, all else as JSON."""
        valid = self.validate(arguments)
        if inspect.iscoroutinefunction(self.function):
            result = await self.function(**valid)
        else:
            result = await asyncio.to_thread(self.function, **valid)
            if inspect.isawaitable(result):
                result = await result
        return result if isinstance(result, str) else to_json(result, fallback=str).decode()


def _arguments_of(function: Function, name: str) -> TypeAdapter[JsonObject]:
    """A dictionary type of the arguments: no parameter name is special in it, as it would be in a model."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise DefinitionError(f"cannot read the types of {name}: {error}") from error
    parameters = inspect.signature(function).parameters.values()
    kind: Any = _typed_dict(name, {each.name: _field(each, hints.get(each.name, Any), name) for each in parameters})
    kind.__pydantic_config__ = ConfigDict(extra="forbid")
    try:
        return TypeAdapter(kind)
    except PydanticSchemaGenerationError as error:
        raise DefinitionError(f"{name} has an argument of a type that has no JSON schema: {error.message}") from error


# Called with what a signature says, which a type checker cannot follow.
_typed_dict: Callable[[str, Mapping[str, Any]], Any] = TypedDict  # type: ignore[assignment]


def _field(parameter: inspect.Parameter, hint: Any, function: str) -> Any:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise DefinitionError(f"{function} takes {parameter}: a tool's arguments all have names")
    return hint if parameter.default is parameter.empty else NotRequired[hint]


def _schema_of(arguments: TypeAdapter[JsonObject], function: Function, described: Mapping[str, str]) -> JsonObject:
    """With the docstring's words and the signature's defaults, where the types themselves say nothing."""
    schema = arguments.json_schema()
    schema.pop("title", None)
    properties = schema.setdefault("properties", {})
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in described:
            properties[parameter.name].setdefault("description", described[parameter.name])
        if isinstance(parameter.default, str | int | float | bool):
            properties[parameter.name].setdefault("default", parameter.default)
    return schema


def _problems(error: ValidationError) -> dict[str, str]:
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        argument, *inside = problem["loc"] or ("arguments",)
        where = ".".join(map(str, inside))
        problems.setdefault(str(argument), f"{where}: {problem['msg']}" if where else problem["msg"])
    return problems
