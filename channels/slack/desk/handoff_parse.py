"""What staff press and type about a handoff: Slack's payloads to values. Pure; raises `MalformedPayload`.

See https://docs.slack.dev/reference/interaction-payloads/ and
https://docs.slack.dev/interactivity/implementing-slash-commands/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.errors import MalformedPayload
from channels.slack.desk.draft import TEXT, DraftSubject
from channels.slack.desk.inputs import raw_values
from channels.staff import ButtonValue, CardRef, DraftSubmitted, HandoffAction, HandoffPress

Json = Mapping[str, Any]


def press(payload: Json) -> HandoffPress:
    """A pressed button of a message. Slack's `action_ts` is the gesture's identity, for redeliveries."""
    try:
        action = payload["actions"][0]
        container = payload["container"]
        return HandoffPress(
            action=HandoffAction(action["action_id"]),
            # The approval card's buttons carry the hash of what was shown, too.
            value=ButtonValue.decode(str(action.get("value", ""))).subject_id,
            member_id=str(payload["user"]["id"]),
            team_id=_team(payload),
            card=CardRef(str(container["channel_id"]), str(container["message_ts"])),
            press_id=f"{payload['user']['id']}:{action['action_ts']}",
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise MalformedPayload("a block_actions payload without its parts") from error


def thread_of(payload: Json) -> str:
    """The thread that a pressed button stands in, or that its message is the head of. Nothing where there is none:
    Slack shows a whisper in a thread only where the thread has begun."""
    container, message = payload["container"], payload.get("message") or {}
    return str(container.get("thread_ts") or message.get("thread_ts") or "")


def command(payload: Json) -> HandoffPress:
    """A typed command. It stands in no thread; its trigger is the gesture's identity."""
    try:
        return HandoffPress(
            action=HandoffAction.TAKE_OVER,
            value=str(payload.get("text", "")).strip(),
            member_id=str(payload["user_id"]),
            team_id=str(payload["team_id"]),
            card=CardRef(str(payload["channel_id"]), ""),
            press_id=f"{payload['user_id']}:{payload['trigger_id']}",
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise MalformedPayload("a command without its parts") from error


def draft(payload: Json) -> DraftSubmitted:
    """A submitted draft."""
    try:
        view = payload["view"]
        return DraftSubmitted(
            draft_id=draft_subject(payload).draft_id,
            text=str(raw_values(view["state"]).get(TEXT) or ""),
            member_id=str(payload["user"]["id"]),
            team_id=_team(payload),
            # A dialog that came back with errors is submitted again under the same view; the trigger is new.
            press_id=f"{view['id']}:{payload.get('trigger_id', '')}",
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedPayload("a draft submission without its parts") from error


def draft_subject(payload: Json) -> DraftSubject:
    """What the dialog is about. Raises `ValueError` where its metadata is not ours."""
    return DraftSubject.decode(payload["view"]["private_metadata"])


def _team(payload: Json) -> str:
    """The team of the person, which in a shared channel is not the team of the channel."""
    return str(payload["user"].get("team_id") or (payload.get("team") or {}).get("id", ""))
