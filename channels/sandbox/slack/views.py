"""Open dialogs: triggers that live for three seconds and work once, stacks of three, and what people type into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from channels.sandbox.slack.rules import SlackError, check_view
from channels.sandbox.slack.workspace import BOT, TEAM, Json, numbered

DEEPEST = 3


@dataclass(slots=True)
class _Trigger:
    user_id: str
    expires_at: datetime
    used: bool = False


@dataclass(slots=True)
class Views:
    """The dialogs of everybody. They are gone with the simulator, as they are with a browser tab."""

    now: Callable[[], datetime]
    trigger_lifetime: timedelta
    _triggers: dict[str, _Trigger] = field(default_factory=dict)
    _stacks: dict[str, list[Json]] = field(default_factory=dict)
    _next_trigger: Callable[[], str] = field(default_factory=lambda: numbered("trigger."))
    _next_view: Callable[[], str] = field(default_factory=lambda: numbered("V0"))
    _next_hash: Callable[[], str] = field(default_factory=lambda: numbered("hash."))

    def new_trigger(self, user_id: str) -> str:
        """What an interaction of this person carries."""
        trigger_id = self._next_trigger()
        self._triggers[trigger_id] = _Trigger(user_id, self.now() + self.trigger_lifetime)
        return trigger_id

    def open(self, trigger_id: str, view: Json) -> Json:
        """Open a dialog for whoever pulled the trigger; it replaces what they had open."""
        check_view(view)
        user_id = self._use(trigger_id)
        opened = self._stored(view, user_id)
        self._stacks[user_id] = [opened]
        return opened

    def push(self, trigger_id: str, view: Json) -> Json:
        """Open a dialog above the one that is open."""
        check_view(view)
        user_id = self._use(trigger_id)
        return self._push(user_id, view)

    def update(self, view_id: str, view: Json, *, view_hash: str = "") -> Json:
        """Replace the content of an open dialog."""
        check_view(view)
        user_id, stack, index = self._place(view_id)
        if view_hash and stack[index]["hash"] != view_hash:
            raise SlackError("hash_conflict")
        stack[index] = self._stored(view, user_id, view_id=view_id)
        return stack[index]

    def of(self, user_id: str) -> Sequence[Json]:
        """What this person has open, the topmost last."""
        return tuple(self._stacks.get(user_id, ()))

    def answer(self, view: Json, user_id: str, body: Json | None) -> None:
        """Do what the app answered to a submission: close, update, push or clear."""
        action = (body or {}).get("response_action")
        match action:
            case None:
                self._stacks[user_id] = [other for other in self._stacks[user_id] if other["id"] != view["id"]]
            case "clear":
                self._stacks[user_id] = []
            case "update":
                self.update(view["id"], (body or {})["view"])
            case "push":
                self._push(user_id, (body or {})["view"])

    def _push(self, user_id: str, view: Json) -> Json:
        stack = self._stacks.setdefault(user_id, [])
        if len(stack) >= DEEPEST:
            raise SlackError("push_limit_reached")
        stack.append(self._stored(view, user_id))
        return stack[-1]

    def _use(self, trigger_id: str) -> str:
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.now() > trigger.expires_at:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user_id

    def _place(self, view_id: str) -> tuple[str, list[Json], int]:
        for user_id, stack in self._stacks.items():
            for index, view in enumerate(stack):
                if view["id"] == view_id:
                    return user_id, stack, index
        raise SlackError("not_found")

    def _stored(self, view: Json, user_id: str, *, view_id: str = "") -> Json:
        known = view_id or self._next_view()
        return {
            "private_metadata": "",
            "callback_id": "",
            **view,
            "id": known,
            "hash": self._next_hash(),
            "team_id": TEAM,
            "bot_id": BOT,
            "state": {"values": {}},
            "_user": user_id,
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """What Slack's own client says before it sends a dialog at all, by block id."""

    errors: Mapping[str, str]


def filled(view: Json, given: Mapping[str, Any]) -> Json | Refused:
    """The dialog's state as the client sends it: initial values, changed by what was `given` per block id.

    A given None empties an input. Texts, numbers, dates, option values and lists of option values are understood.
    """
    values: dict[str, Json] = {}
    errors: dict[str, str] = {}
    inputs = {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}
    for unknown in given.keys() - inputs.keys():
        raise LookupError(f"the dialog has no input {unknown!r}, only {sorted(inputs)}")
    for block_id, block in inputs.items():
        element = block["element"]
        value = _typed(element, given[block_id]) if block_id in given else _initial(element)
        problem = _problem(element, value, optional=block.get("optional", False))
        if problem:
            errors[block_id] = problem
        values[block_id] = {element["action_id"]: value}
    return Refused(errors) if errors else {"values": values}


def _initial(element: Json) -> Json:
    match element["type"]:
        case "static_select" | "radio_buttons":
            return _chosen(element, element.get("initial_option"))
        case "checkboxes":
            return {"type": "checkboxes", "selected_options": element.get("initial_options", [])}
        case "datepicker":
            return {"type": "datepicker", "selected_date": element.get("initial_date")}
        case kind:
            return {"type": kind, "value": element.get("initial_value")}


def _typed(element: Json, value: Any) -> Json:
    match element["type"]:
        case "static_select" | "radio_buttons":
            return _chosen(element, _option(element, value) if value is not None else None)
        case "checkboxes":
            return {"type": "checkboxes", "selected_options": [_option(element, item) for item in value or ()]}
        case "datepicker":
            return {"type": "datepicker", "selected_date": value}
        case kind:
            return {"type": kind, "value": None if value in (None, "") else str(value)}


def _chosen(element: Json, option: Json | None) -> Json:
    return {"type": element["type"], "selected_option": option}


def _option(element: Json, value: Any) -> Json:
    """An option by its value or by what people read; yes and no may be given as booleans."""
    wanted = {True: "Yes", False: "No"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    for option in element["options"]:
        if wanted in (option["value"], option["text"]["text"]):
            return dict(option)
    raise LookupError(f"no option {wanted!r}, only {[option['text']['text'] for option in element['options']]}")


def _problem(element: Json, state: Json, *, optional: bool) -> str:
    value = state.get("value", state.get("selected_date", state.get("selected_option")))
    if not value and not state.get("selected_options"):
        return "" if optional else "Please complete this required field."
    if len(str(value)) > element.get("max_length", 3000) and element["type"] == "plain_text_input":
        return f"Please enter at most {element['max_length']} characters."
    if element["type"] == "number_input":
        return _number_problem(element, str(value))
    return ""


def _number_problem(element: Json, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and not number.is_integer():
        return "Please enter a whole number."
    if number < float(element.get("min_value", "-inf")) or number > float(element.get("max_value", "inf")):
        return "Please enter a number in range."
    return ""
