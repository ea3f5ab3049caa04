"""What an approver sees. The screens are files in `cards/`, to be read by people."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack.desk.card import compose_card
from channels.slack.limits import violations
from channels.staff import ApprovalCard, ApprovalState, Vote
from tests.channels.slack.deciding import ASKED, refund
from tests.channels.slack.rendering import rendered

CARDS = Path(__file__).parent / "cards"
SOON = ASKED + timedelta(minutes=12)

ADA = Vote("U0ADA", True, SOON)
GRACE_DENIES = Vote("U0GRACE", False, SOON, "The lamp is older than two years.\nOffer a repair.")
APPROVED = refund(state=ApprovalState.APPROVED, votes=(ADA,), decided_at=SOON)

SCREENS = {
    "pending": refund(),
    "pending_high_risk": refund(high_risk=True, assurance="failed", channel="email"),
    "pending_one_of_two": refund(required=2, votes=(ADA,)),
    "pending_customer_wrote": refund(customer_wrote_since=2),
    "pending_long_values": refund(
        arguments={"order_id": "A-1001", "amount": 25, "reason": "It broke.\nTwice.", "note": "very " * 200}
    ),
    "pending_secret": refund(
        arguments={"account": "A-1", "pin": "0000"},
        schema={"type": "object", "properties": {"pin": {"type": "string", "format": "password"}}},
    ),
    "approved_running": APPROVED,
    "approved_done": replace(APPROVED, outcome="Refunded 25.00 to the card ending 42."),
    "approved_failed": replace(APPROVED, outcome="The shop did not answer.", outcome_failed=True),
    "approved_edited": replace(APPROVED, edited_from={**APPROVED.arguments, "amount": 250}, outcome="Refunded 25.00"),
    "approved_elsewhere": replace(APPROVED, votes=(Vote("cli:ada", True, SOON, name="ada (command line)"),)),
    "denied": refund(state=ApprovalState.REJECTED, votes=(GRACE_DENIES,), decided_at=SOON),
    "expired": refund(state=ApprovalState.EXPIRED, decided_at=ASKED + timedelta(days=1)),
    "withdrawn": refund(
        state=ApprovalState.WITHDRAWN, decided_at=SOON, withdrawn_because="the customer asked for a <person>"
    ),
    "no_arguments": refund(arguments={}, tool_name="restartRouter", quote=""),
}


@pytest.mark.parametrize("name", SCREENS)
def test_each_state_of_a_card_reads_as_its_screen(name: str) -> None:
    assert rendered(compose_card(SCREENS[name])) == (CARDS / f"{name}.txt").read_text()


def test_what_a_customer_wrote_cannot_call_anybody_or_make_a_link() -> None:
    hostile = "<!channel> <@U0ADA> <!subteam^S1> <https://evil.example|your bank> *bold* & `code`"

    card = refund(quote=hostile, customer=hostile, arguments={"order_id": hostile, "reason": hostile}, reason=hostile)

    sent = json.dumps([compose_card(card).blocks, compose_card(card).text])
    for alive in ("<!channel", "<@U0ADA", "<!subteam", "<https://evil"):
        assert alive not in sent


def test_an_id_with_underscores_can_be_copied_as_it_is() -> None:
    message = compose_card(refund(arguments={"order_id": "A_10_01"}))

    assert "`A_10_01`" in json.dumps(message.blocks, ensure_ascii=False)
    assert "A_10_01" in message.text


def test_a_long_value_does_not_hide_another() -> None:
    arguments = {"story": "x" * 20_000, "amount": 25, "tail": "y" * 20_000, "order_id": "A-1001"}

    message = compose_card(refund(arguments=arguments))

    shown = json.dumps(message.blocks)
    assert "`A-1001`" in shown
    assert "`25`" in shown
    assert "approval.show" in shown


@pytest.mark.parametrize("count", [0, 1, 60, 101, 400])
def test_a_card_with_many_arguments_keeps_its_buttons(count: int) -> None:
    card = refund(arguments={f"argument_{number}": "&" * 300 for number in range(count)})

    message = compose_card(card)

    assert violations(message.text, message.blocks) == ()
    assert message.blocks[-1]["type"] == "actions"


def test_the_buttons_carry_an_opaque_id_and_the_hash_of_what_was_shown() -> None:
    message = compose_card(refund())

    assert {element["value"] for element in message.blocks[-1]["elements"]} == {"apr_1|sha-1"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(
    arguments=st.dictionaries(st.text(max_size=40), json_values, max_size=30),
    edited=st.dictionaries(st.text(max_size=40), json_values, max_size=5) | st.none(),
    texts=st.fixed_dictionaries(
        {name: st.text(max_size=3000) for name in ("customer", "quote", "reason", "description", "outcome")}
    ),
    state=st.sampled_from(ApprovalState),
    tool_name=st.text(min_size=1, max_size=200),
)
def test_any_card_fits_slack_s_limits(
    arguments: dict[str, Any],
    edited: dict[str, Any] | None,
    texts: dict[str, str],
    state: ApprovalState,
    tool_name: str,
) -> None:
    card: ApprovalCard = refund(arguments=arguments, edited_from=edited, state=state, tool_name=tool_name, **texts)

    message = compose_card(card)

    assert violations(message.text, message.blocks) == ()
