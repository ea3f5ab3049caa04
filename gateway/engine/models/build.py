"""From an agent's model settings to a model that can be asked.

Which providers there are, how their addresses and keys are named in the environment, and how often a refused request
is sent again is the knowledge of pydantic-ai and the providers' own clients. Here it is only decided which is meant.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping
from typing import Any, cast

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.providers import infer_provider_class
from pydantic_ai.settings import ModelSettings

from gateway.engine.models.failures import ModelUnavailable
from gateway.engine.models.scripted import MODEL_NAME, ScriptedModel

SCRIPTED_PROVIDER = "demo"

CHUNK_LIMIT_S = 90.0  # the longest silence of a provider
REQUEST_LIMIT_S = 240.0  # one request with all its retries, to the last chunk: less than a turn may take

# Compatible servers (Ollama, vLLM and most gateways) speak chat completions; the newer interface is asked for by name.
_KINDS = {"openai": "openai-chat", "gemini": "google", "google-gla": "google", "google-vertex": "google-cloud"}
_ADDRESS_NAMES = ("base_url", "api_base", "azure_endpoint")
_ENVIRONMENT_NAME = re.compile(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`")
_TUNING = {"temperature": float, "top_p": float, "max_tokens": int, "seed": int}


def build_model(llm: Mapping[str, Any]) -> Model:
    """The model that an agent's `llm_client_key` names. Use it in an `async with`, which closes its connections.

    A key or address in the settings comes before the provider's own environment variables. Raises `ModelUnavailable`,
    which names the package or the variable that is missing.
    """
    provider_name, model_id = _named(llm)
    if provider_name == SCRIPTED_PROVIDER:
        if model_id != MODEL_NAME:
            raise ModelUnavailable(f"the provider {SCRIPTED_PROVIDER} has only the model {MODEL_NAME}, not {model_id}")
        return ScriptedModel()
    try:
        return _bounded(_real_model(provider_name, model_id, llm), llm)
    except ImportError as error:
        raise ModelUnavailable(_missing_package(provider_name, error)) from error
    except UserError as error:
        raise ModelUnavailable(_missing_setting(provider_name, error)) from error
    except ModelUnavailable:
        raise
    except Exception as error:  # the boundary to the providers' own code, which looks for credentials in its own ways
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ModelUnavailable(f"the provider {provider_name} is not set up: {reason}") from error


def _named(llm: Mapping[str, Any]) -> tuple[str, str]:
    provider = str(llm.get("provider") or "").strip().lower()
    model_id = str(llm.get("fine_tuned_model_id") or llm.get("deployment_id") or llm.get("model_id") or "").strip()
    if not provider or not model_id:
        raise ModelUnavailable("the agent names no provider or no model")
    return provider, model_id


def _real_model(provider_name: str, model_id: str, llm: Mapping[str, Any]) -> Model:
    kind = _KINDS.get(provider_name, provider_name)
    api_key, address = llm.get("api_key"), llm.get("base_url") or llm.get("endpoint")
    known = _parameters(kind)
    address_name = next((name for name in _ADDRESS_NAMES if name in known), None)
    if address and address_name is None:
        return _compatible_model(provider_name, model_id, address, api_key)
    if not known:
        raise ModelUnavailable(f"there is no model provider named {provider_name}, and no base_url to find it at")
    given = {name: value for name, value in (("api_key", api_key), (address_name, address)) if name and value}
    return infer_model(f"{kind}:{model_id}", provider_factory=lambda name: infer_provider_class(name)(**given))


def _compatible_model(provider_name: str, model_id: str, address: str, api_key: str | None) -> Model:
    """A service that takes no address, or is unknown, at an address: what answers there speaks as OpenAI does."""
    # Importing these takes seconds, which an engine with the scripted model should not wait for.
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    provider = OpenAICompatibleProvider(provider_name, base_url=address, api_key=api_key)
    return OpenAIChatModel(model_id, provider=provider)


def _parameters(kind: str) -> Collection[str]:
    """What this provider can be set up with; nothing where there is no such provider."""
    try:
        return inspect.signature(infer_provider_class(kind)).parameters
    except ValueError:
        return ()


def _bounded(model: Model, llm: Mapping[str, Any]) -> Model:
    """The same model, with limits of time. The library takes settings of models that it finds by name only this way."""
    model._settings = cast("ModelSettings", {**(model.settings or {}), **_settings(llm)})
    return model


def _settings(llm: Mapping[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {"timeout": CHUNK_LIMIT_S, "request_timeout": REQUEST_LIMIT_S}
    if isinstance(retries := llm.get("max_retries"), int) and retries >= 0:
        settings["max_retries"] = retries
    for name, kind in _TUNING.items():
        value = llm.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            settings[name] = kind(value)
    return settings


def _missing_package(provider: str, error: ImportError) -> str:
    named = re.search(r'pip install "([^"]+)"', str(error))
    package = named.group(1) if named else str(error).partition("\n")[0].rstrip(".")
    return f"the provider {provider} needs a package that is not installed: {package}"


def _missing_setting(provider: str, error: UserError) -> str:
    if names := _ENVIRONMENT_NAME.findall(str(error)):
        return f"the provider {provider} is not set up: {' or '.join(dict.fromkeys(names))} is not set"
    return f"the provider {provider} is not set up: {error}"
