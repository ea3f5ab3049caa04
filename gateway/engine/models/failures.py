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

from gateway.engine.models.scripted import MODEL_NAME


class ModelUnavailable(Exception):
    """An agent's model cannot be asked at all as things are set up here; `reason` says what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_overflow(error: BaseException) -> bool:
    """Whether a shorter conversation would help."""
    return isinstance(error, ModelContextWindowExceededError)


def explain(error: BaseException) -> str:
    """One readable sentence. The scripted model's own errors are its author's words, and stay as they are."""
    match error:
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
        case ModelConnectionError() if error.in_stream:
            return "The connection to the model broke in the middle of its answer."
        case ModelConnectionError():
            return "The model's provider could not be reached."
        case ModelUnavailableError():
            return "The model's provider is overloaded or down at the moment."
        case ModelHTTPError():
            return f"The model's provider refused with status {error.status_code}."
        case ContentFilterError():
            return "The model's provider filtered the conversation or the answer."
        case UnexpectedModelBehavior():
            return "The model gave an answer that cannot be used."
        case TimeoutError():
            return "The model did not answer in time."
        case _:
            return f"The model failed ({type(error).__name__})."
