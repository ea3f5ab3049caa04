"""A notification is foreign JSON: whatever shape it has, reading it raises nothing."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.mail import Bounce, Complaint
from channels.email.reading.notifications import read_notification

names = st.sampled_from(
    ["mail", "bounce", "delivery", "complaint", "bouncedRecipients", "recipients", "destination", "headers", "name"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.just("a@b.example"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.sampled_from(["Bounce", "Delivery", "Complaint", "Open"]), st.dictionaries(names, values, max_size=5))
def test_any_notification_is_read_or_passed_over(kind: str, content: dict[str, object]) -> None:
    text = json.dumps({"mail": {}, **content, "notificationType": kind})

    assert isinstance(read_notification(text), Bounce | Complaint | None)


def test_json_nested_beyond_reason_is_passed_over() -> None:
    assert read_notification('{"mail": ' + "[" * 100_000) is None
