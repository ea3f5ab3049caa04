"""Finding the agent that `AGENT` names: `module:attribute` or `path.py:attribute`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from gateway.agent.agent import Agent
from gateway.agent.errors import DefinitionError


def load_agent(name: str) -> Agent:
    """Import the module or file and return the agent in it. Raises DefinitionError that says what is missing.

    As when Python runs a file, what lies beside it (beside us, for a module) can be imported too. What the user's own
    code raises while it is imported comes through as it is.
    """
    where, _, attribute = name.rpartition(":")
    if not where or not attribute:
        raise DefinitionError(f"{name!r} names no agent: it must be module:attribute or path.py:attribute")
    module = _from_file(Path(where)) if where.endswith(".py") else _from_module(where)
    try:
        agent = getattr(module, attribute)
    except AttributeError:
        raise DefinitionError(f"{where} has no attribute {attribute!r}") from None
    if not isinstance(agent, Agent):
        raise DefinitionError(f"{name} is not an Agent but of type {type(agent).__name__}")
    return agent


def _from_module(name: str) -> ModuleType:
    _look_in(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the module is there; something that it imports is not
        raise DefinitionError(f"there is no module {name!r}; for a file write its path with .py") from None


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise DefinitionError(f"there is no file {path}")
    name = f"frontdesk_agent_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DefinitionError(f"{path} is not a Python file")
    _look_in(path.resolve().parent)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where type hints and dataclasses of the file look themselves up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _look_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
