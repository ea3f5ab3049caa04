"""Deciding in Slack: real bolt and slack-sdk against the simulator, over real sockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.errors import ChannelDown, PermanentFailure, TemporaryFailure, UnknownOutcome
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.slack import SlackUser
from channels.slack.app import SlackApp
from channels.staff import ApprovalState, CardRef, Member
from tests.channels.slack.deciding import refund
from tests.channels.slack.harness import APPROVERS, Deployment


async def test_a_card_stands_in_the_approvers_channel_and_can_be_found_by_its_key(deployment: Deployment) -> None:
    asked_at = datetime.now(UTC)

    ref = await deployment.ask(refund())

    (message,) = deployment.slack.messages(APPROVERS)
    assert ref == CardRef(APPROVERS, message["ts"])
    assert message["text"].startswith("Approve refund order (order id A-1001, amount 25")
    assert await deployment.app.desk.find_card(key="apr_1", attempted_at=asked_at) == ref


async def test_an_approval_is_kept_before_slack_hears_that_it_was_taken(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())

    status = await deployment.press("U0ADA", "approval.approve", ref)

    assert status == 200
    assert deployment.gateway.cards["apr_1"].state is ApprovalState.APPROVED


async def test_a_click_that_the_gateway_cannot_keep_is_not_acknowledged(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    deployment.gateway.broken = True

    status = await deployment.press("U0ADA", "approval.approve", ref)

    assert status == 500


async def test_a_refusal_is_told_to_nobody_but_the_person_who_clicked(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())

    await deployment.press("U0GUS", "approval.approve", ref)

    (whisper,) = deployment.slack.ephemerals("U0GUS")
    assert "You can't decide this" in whisper.text
    assert deployment.gateway.cards["apr_1"].state is ApprovalState.PENDING
    assert len(deployment.slack.messages(APPROVERS)) == 1


async def test_a_second_click_does_not_change_the_decision_and_says_who_was_first(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    await deployment.press("U0ADA", "approval.approve", ref)

    await deployment.press("U0GRACE", "approval.approve", ref)

    (whisper,) = deployment.slack.ephemerals("U0GRACE")
    assert whisper.text == "Already approved by <@U0ADA>."
    assert [vote.member_id for vote in deployment.gateway.cards["apr_1"].votes] == ["U0ADA"]


async def test_a_denial_needs_a_reason_and_takes_it_to_the_gateway(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    await deployment.press("U0ADA", "approval.deny", ref)

    without = await deployment.slack.submit("U0ADA")
    given = await deployment.slack.submit("U0ADA", {"reason": "The lamp is two years old."})

    assert without == {"reason": "Please say why; the agent answers with it."}
    assert given == {}
    (vote,) = deployment.gateway.cards["apr_1"].votes
    assert (vote.approved, vote.reason) == (False, "The lamp is two years old.")
    assert deployment.slack.open_views("U0ADA") == ()


async def test_a_preset_reason_is_enough_and_joins_what_was_written(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    await deployment.press("U0ADA", "approval.deny", ref)

    await deployment.slack.submit("U0ADA", {"preset": "Looks like fraud", "reason": "third one today"})

    (vote,) = deployment.gateway.cards["apr_1"].votes
    assert vote.reason == "Looks like fraud: third one today"


async def test_a_preset_and_a_text_too_long_together_keep_the_dialog_open(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    await deployment.press("U0ADA", "approval.deny", ref)

    errors = await deployment.slack.submit("U0ADA", {"preset": "Looks like fraud", "reason": "x" * 300})

    assert "at most 300" in errors["reason"]
    assert deployment.gateway.cards["apr_1"].state is ApprovalState.PENDING


async def test_the_edit_dialog_offers_each_argument_and_returns_what_was_typed(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    await deployment.press("U0ADA", "approval.edit", ref)
    (view,) = deployment.slack.open_views("U0ADA")

    errors = await deployment.slack.submit("U0ADA", {"amount": 20})

    assert errors == {}
    assert view["callback_id"] == "approval.edit"
    assert [block["block_id"] for block in view["blocks"] if block["type"] == "input"] == [
        "order_id",
        "amount",
        "reason",
    ]
    (submitted,) = deployment.gateway.edits
    assert submitted.values == {"order_id": "A-1001", "amount": "20", "reason": "arrived broken"}
    assert submitted.arguments_hash == "sha-1"


async def test_field_errors_of_the_gateway_keep_the_dialog_open_at_their_fields(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    await deployment.press("U0ADA", "approval.edit", ref)

    errors = await deployment.slack.submit("U0ADA", {"order_id": "unknown"})

    assert errors == {"order_id": "There is no such order. elsewhere: This is wrong too."}
    assert len(deployment.slack.open_views("U0ADA")) == 1


async def test_a_dialog_of_somebody_who_may_not_decide_says_so_and_offers_nothing(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())

    await deployment.press("U0GUS", "approval.edit", ref)

    (view,) = deployment.slack.open_views("U0GUS")
    assert "You can't decide this" in view["blocks"][0]["text"]["text"]
    assert len(view["blocks"]) == 1
    assert len(deployment.slack.ephemerals("U0GUS")) == 1


async def test_a_dialog_submitted_after_somebody_else_decided_says_so(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    await deployment.press("U0ADA", "approval.deny", ref)
    await deployment.press("U0GRACE", "approval.approve", ref)

    await deployment.slack.submit("U0ADA", {"reason": "no"})
    await deployment.app.settle()

    (view,) = deployment.slack.open_views("U0ADA")
    assert "Already approved" in view["blocks"][0]["text"]["text"]
    assert "Already approved" in deployment.slack.ephemerals("U0ADA")[0].text


async def test_a_trigger_that_came_too_late_is_explained(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    deployment.slack.faults.plan(Fault(FaultKind.REJECT, "views.open", code="expired_trigger_id"))

    await deployment.press("U0ADA", "approval.edit", ref)

    (whisper,) = deployment.slack.ephemerals("U0ADA")
    assert "press the button again" in whisper.text


async def test_a_long_value_is_whole_in_the_dialog_that_shows_all(deployment: Deployment) -> None:
    story = "word " * 400
    ref = await deployment.ask(refund(arguments={"order_id": "A-1001", "amount": 25, "reason": story}))

    await deployment.press("U0ADA", "approval.show", ref)

    (view,) = deployment.slack.open_views("U0ADA")
    shown = "".join(block["text"]["text"] for block in view["blocks"])
    assert shown.count("word") == 400


async def test_a_decided_card_has_no_buttons_and_keeps_who_and_why(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    await deployment.press("U0ADA", "approval.approve", ref)
    decided = replace(deployment.gateway.cards["apr_1"], ref=ref, outcome="Refunded 25.00")

    await deployment.app.desk.update_card(decided)

    (message,) = deployment.slack.messages(APPROVERS)
    assert [block["type"] for block in message["blocks"]].count("actions") == 0
    assert "<@U0ADA>" in message["text"]
    assert "Refunded 25.00" in message["text"]
    assert message["metadata"]["event_payload"]["key"] == "apr_1"


async def test_a_card_that_slack_keeps_as_it_is_gets_its_news_in_the_thread_once(deployment: Deployment) -> None:
    card = refund(created_at=datetime.now(UTC))
    ref = await deployment.ask(card)
    expired = replace(card, state=ApprovalState.EXPIRED, ref=ref, revision=2)
    deployment.slack.faults.plan(Fault(FaultKind.REJECT, "chat.update", times=2, code="edit_window_closed"))

    await deployment.app.desk.update_card(expired)
    await deployment.app.desk.update_card(expired)

    _, reply = deployment.slack.messages(APPROVERS, ref.ts)
    assert reply["text"].startswith("Expired undecided: refund order")


async def test_a_card_that_somebody_deleted_is_said_to_be_gone(deployment: Deployment) -> None:
    card = refund(ref=CardRef(APPROVERS, "1700000000.000001"))

    with pytest.raises(PermanentFailure) as raised:
        await deployment.app.desk.update_card(card)

    assert raised.value.code == "message_not_found"


async def test_a_cut_connection_after_a_post_is_an_unknown_outcome_and_one_message(deployment: Deployment) -> None:
    asked_at = datetime.now(UTC)
    deployment.slack.faults.plan(Fault(FaultKind.DROP_AFTER, "chat.postMessage"))

    with pytest.raises(UnknownOutcome):
        await deployment.ask(refund())

    found = await deployment.app.desk.find_card(key="apr_1", attempted_at=asked_at)
    assert found is not None
    assert len(deployment.slack.messages(APPROVERS)) == 1


async def test_slack_sdk_does_not_repeat_a_post_in_secret(deployment: Deployment) -> None:
    deployment.slack.faults.plan(Fault(FaultKind.DROP_BEFORE, "chat.postMessage"))

    with pytest.raises(UnknownOutcome):
        await deployment.ask(refund())

    assert [method for method, _ in deployment.slack.calls_made] == ["chat.postMessage"]


async def test_a_call_that_takes_too_long_is_given_up_and_its_outcome_unknown(deployment: Deployment) -> None:
    hasty = replace(deployment.app._config, timeout=timedelta(milliseconds=300))
    deployment.slack.faults.plan(Fault(FaultKind.SLOW, "chat.postMessage", seconds=100))

    async with SlackApp.open(hasty) as app:
        with pytest.raises(UnknownOutcome):
            await app.desk.notify("hello", key="n1")

    assert len(deployment.slack.messages(APPROVERS)) == 1


async def test_where_nobody_listens_nothing_was_sent(deployment: Deployment, free_port: int) -> None:
    astray = replace(deployment.app._config, api_url=f"http://127.0.0.1:{free_port}/api/")

    async with SlackApp.open(astray) as app:
        with pytest.raises(TemporaryFailure) as failure:
            await app.desk.notify("hello", key="n1")

    assert failure.value.code == "no_connection"


async def test_nothing_found_is_certain_only_after_a_while(deployment: Deployment) -> None:
    just_now = datetime.now(UTC)

    with pytest.raises(TemporaryFailure) as early:
        await deployment.app.desk.find_card(key="apr_1", attempted_at=just_now)

    assert early.value.retry_after is not None
    assert await deployment.app.desk.find_card(key="apr_1", attempted_at=just_now - timedelta(minutes=5)) is None


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.REJECT, code="channel_not_found"), PermanentFailure),
        (Fault(FaultKind.REJECT, code="is_archived"), PermanentFailure),
        (Fault(FaultKind.REJECT, code="token_revoked"), ChannelDown),
        (Fault(FaultKind.REJECT, code="account_inactive"), ChannelDown),
        (Fault(FaultKind.REJECT, code="missing_scope"), ChannelDown),
        (Fault(FaultKind.REJECT, code="internal_error"), UnknownOutcome),
        (Fault(FaultKind.REJECT, code="service_unavailable"), TemporaryFailure),
        (Fault(FaultKind.SERVER_ERROR), UnknownOutcome),
        (Fault(FaultKind.RATE_LIMIT, seconds=30), TemporaryFailure),
    ],
    ids=lambda value: getattr(value, "code", "") or getattr(value, "kind", ""),
)
async def test_each_failure_of_a_post_says_what_to_do_now(
    deployment: Deployment, fault: Fault, expected: type[Exception]
) -> None:
    deployment.slack.faults.plan(fault)

    with pytest.raises(expected):
        await deployment.app.desk.notify("hello", key="n1")


async def test_a_failed_update_may_simply_be_tried_again(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    deployment.slack.faults.plan(Fault(FaultKind.SERVER_ERROR, "chat.update"))

    with pytest.raises(TemporaryFailure):
        await deployment.app.desk.update_card(refund(ref=ref))


async def test_a_rate_limit_closes_its_own_lane_and_no_other(deployment: Deployment) -> None:
    deployment.slack.faults.plan(Fault(FaultKind.RATE_LIMIT, "chat.postMessage", seconds=30))
    with pytest.raises(TemporaryFailure) as first:
        await deployment.app.desk.notify("hello", key="n1")

    with pytest.raises(TemporaryFailure) as second:
        await deployment.app.desk.notify("hello", key="n2")
    member = await deployment.app.desk.member("U0ADA")

    assert first.value.retry_after == timedelta(seconds=30)
    assert first.value.lane == second.value.lane == "chat.postMessage:"
    assert [method for method, _ in deployment.slack.calls_made] == ["chat.postMessage", "users.info"]
    assert member is not None


async def test_a_notice_is_plain_text_and_wakes_nobody(deployment: Deployment) -> None:
    await deployment.app.desk.notify("<!channel> & <@U0ADA>", key="n1")

    (message,) = deployment.slack.messages(APPROVERS)
    assert message["text"] == "&lt;!channel&gt; &amp; &lt;@U0ADA&gt;"


async def test_members_are_known_with_what_bars_them_from_deciding(deployment: Deployment) -> None:
    desk = deployment.app.desk
    nobody = Member("", "")
    deployment.slack.workspace.add_user(SlackUser("U0NEW", "Nia New", "nia@acme.example"))

    assert await desk.member("U0NEW") == Member("U0NEW", "T0FRONT", "Nia New", "nia@acme.example")
    assert (await desk.member("U0GUS") or nobody).is_guest
    assert (await desk.member("U0SAM") or nobody).is_stranger
    assert (await desk.member("U0ROBOT") or nobody).is_bot
    assert not (await desk.member("U0LEFT") or nobody).is_active
    assert await desk.member("U0NOBODY") is None
    assert await desk.group_members("S0APPROVERS") == ("U0ADA", "U0GRACE")
    assert "U0STAN" in await desk.channel_members(APPROVERS)


async def test_a_plan_without_user_groups_is_a_permanent_failure(deployment: Deployment) -> None:
    deployment.slack.faults.plan(Fault(FaultKind.REJECT, "usergroups.users.list", code="plan_upgrade_required"))

    with pytest.raises(PermanentFailure) as failure:
        await deployment.app.desk.group_members("S0APPROVERS")

    assert failure.value.code == "plan_upgrade_required"
