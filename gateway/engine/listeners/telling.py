"""What the listeners of this process are told: deltas as they come, recorded events once they are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.engine.listeners.hub import Hub, Told
from gateway.engine.protocol import frames
from gateway.engine.store.events import Event, EventKind


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a reply that is being written."""

    seq: int
    message_id: str
    index: int
    value: str


def publish_delta(hub: Hub, session_id: str, delta: Delta) -> None:
    if hub.has_listeners(session_id):
        frame = frames.delta(session_id, delta.seq, delta.message_id, delta.index, delta.value)
        hub.publish(session_id, Told(delta.seq, frame))


def tell_all(session_id: str, agent_id: str, recorded: Sequence[Event]) -> Sequence[Told]:
    framed = ((event, frames.event_frame(session_id, agent_id, event)) for event in recorded)
    return [Told(event.seq, frame, is_idle(event)) for event, frame in framed if frame is not None]


def publish(hub: Hub, session_id: str, agent_id: str, recorded: Sequence[Event]) -> None:
    """Tell the listeners of this process what has just been recorded."""
    if hub.has_listeners(session_id):
        for told in tell_all(session_id, agent_id, recorded):
            hub.publish(session_id, told)


def is_idle(event: Event) -> bool:
    return event.kind is EventKind.STATUS and event.content == "Idle"
