"""Mail as a story: a first mail opens a conversation, replies join it, and nobody else gets in."""

from __future__ import annotations

from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.mail.message import ReceivedMail
from tests.flows.deployment import MAILBOX, WORKER, Deployment, eventually
from tests.flows.stories import REFUND, is_at_rest

ADA = "ada@example.com"
EVE = "eve@elsewhere.example"


async def test_a_reply_finds_the_session_of_the_first_mail(deployment: Deployment) -> None:
    await deployment.start(MAILBOX)
    mail = deployment.sandbox.mail
    await mail.write(ADA, "Hello", "My name is Ada and I live in London.")
    first = await _received(deployment, ADA, 1)
    await mail.write(ADA, "", "What did I just tell you about myself?", reply_to=first)
    second = await _received(deployment, ADA, 2)

    assert "Noted: your name is Ada and you live in London." in first.text
    assert first.subject == "Re: Hello"
    assert "You told me that your name is Ada and that you live in London." in second.text
    assert len(await deployment.rows("SELECT id FROM conversations")) == 1


async def test_a_refund_by_mail_is_approved_and_answered_once(deployment: Deployment) -> None:
    await deployment.start(MAILBOX)
    await deployment.sandbox.mail.write(ADA, "Broken", REFUND)
    card = await deployment.card()
    await deployment.click("approval.approve", card)
    await _received(deployment, ADA, 2)
    await eventually(lambda: is_at_rest(deployment), "rest")

    checking, answer = deployment.sandbox.mail.inbox(ADA)
    assert "colleague is checking" in checking.text
    assert "tool refund_order returned" in answer.text
    assert await deployment.refunds() == 1


async def test_somebody_who_copies_the_thread_gets_a_conversation_of_their_own(deployment: Deployment) -> None:
    await deployment.start(MAILBOX)
    mail = deployment.sandbox.mail
    await mail.write(ADA, "Hello", "My name is Ada.")
    first = await _received(deployment, ADA, 1)
    await mail.write(EVE, "Re: Hello", "Who am I?", headers=[("In-Reply-To", f"<{first.message_id}>")])
    await eventually(lambda: _conversations(deployment, 2), "a second conversation")
    await eventually(lambda: is_at_rest(deployment), "rest")

    held = await deployment.rows("SELECT holder, related_id FROM conversations WHERE address = $1", EVE)
    assert held[0]["holder"] == "human"
    assert held[0]["related_id"] is not None
    assert deployment.sandbox.mail.inbox(EVE) == ()


async def test_a_forged_sender_is_answered_by_nobody(deployment: Deployment) -> None:
    await deployment.start(MAILBOX)
    mail = deployment.sandbox.mail
    await mail.write(ADA, "Hello", "My name is Ada.")
    first = await _received(deployment, ADA, 1)
    await mail.write(ADA, "", "What is my name?", reply_to=first, dmarc="fail")
    await eventually(lambda: _conversations(deployment, 2), "a second conversation")
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert len(deployment.sandbox.mail.inbox(ADA)) == 1


async def test_a_mail_whose_outcome_is_lost_arrives_under_one_message_id(deployment: Deployment) -> None:
    await deployment.kill(WORKER)
    await deployment.start(MAILBOX)
    await deployment.sandbox.mail.write(ADA, "Hello", "Hello there")
    deployment.sandbox.faults["mail"].plan(Fault(FaultKind.DROP_AFTER, "smtp.data"))
    await deployment.start(WORKER)
    await _received(deployment, ADA, 1)
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert len({mail.message_id for mail in deployment.sandbox.mail.inbox(ADA)}) == 1


async def test_a_bounce_moves_the_delivery_and_starts_no_turn(deployment: Deployment) -> None:
    await deployment.start(MAILBOX)
    await deployment.sandbox.mail.write(ADA, "Hello", "Hello there")
    answer = await _received(deployment, ADA, 1)
    await eventually(lambda: is_at_rest(deployment), "rest")
    await deployment.sandbox.mail.bounce(answer)
    await eventually(lambda: _has_failed(deployment), "the bounce's record")

    assert len(await deployment.rows("SELECT id FROM turns")) == 1
    assert await deployment.rows("SELECT address FROM opt_outs") == [{"address": ADA}]
    (alert,) = await deployment.rows("SELECT text FROM deliveries WHERE kind = 'alert'")
    (note,) = await deployment.rows("SELECT text FROM notes")
    assert "Not delivered to a•••@example.com" in alert["text"]
    assert "was not delivered" in note["text"]


async def _received(deployment: Deployment, address: str, count: int) -> ReceivedMail:
    mail = deployment.sandbox.mail
    await eventually(lambda: len(mail.inbox(address)) >= count, f"mail {count} to {address}")
    return mail.inbox(address)[count - 1]


async def _conversations(deployment: Deployment, count: int) -> bool:
    return len(await deployment.rows("SELECT id FROM conversations")) >= count


async def _has_failed(deployment: Deployment) -> bool:
    return await deployment.rows("SELECT state FROM deliveries WHERE channel = 'email'") == [{"state": "failed"}]
