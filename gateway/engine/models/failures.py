"""Why a model could not answer, in words that a customer's agent may pass on: no addresses, keys or bodies."""

from __future__ import annotations

from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelTimeoutError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
)
from pydantic_ai.messages import ModelResponse, ModelResponsePart, TextPart, ToolCallPart

from gateway.engine.models.scripted import MODEL_NAME

_BROKEN = "The connection to the model broke before its answer was complete."


class ModelUnavailable(Exception):
    """An agent's model cannot be asked at all as things are set up here; `reason` says what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnusableAnswer(Exception):
    """A model's answer that came, and is none; `reason` says why, as a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def checked(response: ModelResponse) -> ModelResponse:
    """The response, if it is whole and says or does something. Raises `UnusableAnswer`."""
    details = response.provider_details or {}
    is_declined = response.finish_reason == "content_filter"
    if response.provider_name and not is_declined and "finish_reason" not in details:
        # The library forgives servers that never say how an answer ends. Then a stream that was cut looks like a
        # whole one, and half a sentence would go to a customer.
        raise UnusableAnswer(_BROKEN)
    if not any(_says_something(part) for part in response.parts):
        if is_declined:
            refusal = str(details.get("refusal") or "").strip()
            raise UnusableAnswer(
                f"The model declined to answer: {refusal}" if refusal else "The model declined to answer."
            )
        raise UnusableAnswer("The model gave an empty answer.")
    return response


def is_overflow(error: BaseException) -> bool:
    """Whether a shorter conversation would help."""
    return isinstance(error, ModelContextWindowExceededError)


def explain(error: BaseException) -> str:
    """One readable sentence. The scripted model's own errors are its author's words, and stay as they are."""
    match error:
        case UnusableAnswer():
            return error.reason
        case ModelUnavailable():
            return f"The model cannot be used: {error.reason}."
        case ModelAPIError(model_name=name) if name == MODEL_NAME:
            return error.message
        case ModelContextWindowExceededError():
            return "The conversation has become too long for the model."
        case ModelQuotaExceededError():
            return "The model's provider refused: the account's quota or credit is used up."
        case ModelRateLimitError():
            return "The model's provider refused: too many requests."
        case ModelAuthenticationError():
            return "The model's provider refused: the key is missing, wrong or not allowed to use this model."
        case ModelNotFoundError():
            return f"The model's provider has no model named {error.model_name}."
        case ModelTimeoutError() | ModelRequestTimeout():
            return "The model did not answer in time."
        case ModelConnectionError() if error.in_stream or error.phase == "read":
            return _BROKEN
        case ModelConnectionError():
            return "The model's provider could not be reached."
        case ModelUnavailableError():
            return "The model's provider is overloaded or down at the moment."
        case ModelHTTPError():
            return f"The model's provider refused with status {error.status_code}."
        case ContentFilterError():
            return "The model's provider filtered the conversation or the answer."
        case ModelAPIError() | UnexpectedModelBehavior():
            return "The model's provider gave an answer that cannot be read."
        case TimeoutError():
            return "The model did not answer in time."
        case _:
            return f"The model failed ({type(error).__name__})."


def _says_something(part: ModelResponsePart) -> bool:
    return isinstance(part, ToolCallPart) or (isinstance(part, TextPart) and bool(part.content.strip()))
