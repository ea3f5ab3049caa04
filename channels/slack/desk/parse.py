"""What the desk is told by Slack: payloads of buttons and dialogs to values. Pure; raises `MalformedPayload`.

See https://docs.slack.dev/reference/interaction-payloads/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.errors import MalformedPayload
from channels.slack.desk.dialogs import DialogSubject, reason_given
from channels.slack.desk.inputs import raw_values
from channels.staff import CardRef, Click, ClickAction, DenySubmitted, EditSubmitted

Json = Mapping[str, Any]


def click(payload: Json) -> Click:
    """A pressed button of a message. Slack's `action_ts` is the gesture's identity, for redeliveries."""
    try:
        action = payload["actions"][0]
        container = payload["container"]
        return Click(
            action=ClickAction(action["action_id"]),
            value=str(action.get("value", "")),
            member_id=str(payload["user"]["id"]),
            team_id=_team(payload),
            card=CardRef(str(container["channel_id"]), str(container["message_ts"])),
            click_id=f"{payload['user']['id']}:{action['action_ts']}",
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise MalformedPayload("a block_actions payload without its parts") from error


def edit(payload: Json) -> EditSubmitted:
    """A submitted edit dialog."""
    try:
        about = subject(payload)
        return EditSubmitted(
            approval_id=about.approval_id,
            arguments_hash=about.arguments_hash,
            values=raw_values(payload["view"]["state"]),
            member_id=str(payload["user"]["id"]),
            team_id=_team(payload),
            click_id=_submission_id(payload),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedPayload("an edit submission without its parts") from error


def denial(payload: Json) -> DenySubmitted:
    """A submitted deny dialog."""
    try:
        return DenySubmitted(
            approval_id=subject(payload).approval_id,
            reason=reason_given(raw_values(payload["view"]["state"])),
            member_id=str(payload["user"]["id"]),
            team_id=_team(payload),
            click_id=_submission_id(payload),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedPayload("a deny submission without its parts") from error


def subject(payload: Json) -> DialogSubject:
    """What the dialog is about. Raises `ValueError` where its metadata is not ours."""
    return DialogSubject.decode(payload["view"]["private_metadata"])


def _team(payload: Json) -> str:
    """The team of the person, which in a shared channel is not the team of the channel."""
    return str(payload["user"].get("team_id") or (payload.get("team") or {}).get("id", ""))


def _submission_id(payload: Json) -> str:
    # A dialog that came back with field errors is submitted again under the same view; the trigger is new each time.
    return f"{payload['view']['id']}:{payload.get('trigger_id', '')}"
