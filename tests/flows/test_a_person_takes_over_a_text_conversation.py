"""A person takes a text conversation in Slack, speaks in it through a killed worker, and gives it back."""

from __future__ import annotations

from tests.flows.deployment import WORKER, Deployment, eventually

ADA, CARLA = "U0ADA", "U0CARLA"
LOST = 'call handoff_to_human {"reason": "The customer asks for something that I cannot do."}'


async def test_a_person_takes_over_a_text_conversation(deployment: Deployment) -> None:
    # The agent hands over: one word to the customer, one thread for staff.
    await deployment.text(LOST)
    told = await deployment.answer(1)
    thread = await deployment.handoff_thread()

    assert told.startswith("A colleague takes it from here")
    assert "something that I cannot do" in thread["text"]

    # Ada takes it. What the customer writes stands in the thread; what Ada writes is on the customer's phone.
    await deployment.press("conversation.take_over", thread, ADA)
    await deployment.text("Is anybody there?")
    await eventually(lambda: deployment.thread_has(thread, "Is anybody there?"), "the customer's words in the thread")
    hello = deployment.write(ADA, "Hello, I am Ada. What can I do?", thread)
    note = deployment.write(ADA, "note: she sounds angry", thread)
    answer = await deployment.answer(2)
    await eventually(lambda: deployment.marks(hello) == ["white_check_mark"], "the mark of what was sent")

    assert answer == "Hello, I am Ada. What can I do?"
    assert deployment.marks(note) == []

    # Nobody else speaks to customers from here, and certainly not customers.
    deployment.write(CARLA, "Give me a discount", thread)

    # The worker is killed. Both sides go on writing; everything arrives once, in order.
    await deployment.kill(WORKER)
    await deployment.text("My lamp is broken")
    await deployment.text("The blue one")
    deployment.write(ADA, "I send you a new one", thread)
    deployment.write(ADA, "It is free", thread)
    await eventually(
        lambda: deployment.rows("SELECT id FROM staff_messages WHERE text = 'It is free'"), "what Ada wrote"
    )
    await deployment.start(WORKER)
    await deployment.answer(4)
    await eventually(lambda: deployment.thread_has(thread, "The blue one"), "the rest of the customer's words")

    assert sorted(deployment.texts()[2:]) == ["I send you a new one", "It is free"]
    assert deployment.said_in(thread, "My lamp is broken") == 1
    assert deployment.said_in(thread, "The blue one") == 1

    # Ada gives it back. The customer hears it, and the agent answers the next message itself.
    deployment.write(ADA, "!back she gets a new lamp", thread)
    back = await deployment.answer(5)
    await deployment.text("What did I just tell you about myself?")
    await deployment.answer(6)
    (noted,) = await deployment.rows("SELECT text FROM notes WHERE turn_id IS NOT NULL")

    assert back.startswith("You are talking to our assistant again")
    assert "Ada Approver: I send you a new one" in noted["text"]
    assert "she gets a new lamp" in noted["text"]
    assert "angry" not in "".join(deployment.texts()) + noted["text"]
    assert "discount" not in "".join(deployment.texts())
    assert len(deployment.texts()) == 6
    assert await deployment.rows("SELECT DISTINCT state FROM handoffs") == [{"state": "returned"}]

    # An operator can do the same from the command line, and is told what cannot be done.
    (conversation,) = await deployment.rows("SELECT id FROM conversations")
    taken = await deployment.frontdesk("conversations", "take-over", conversation["id"])
    closed = await deployment.frontdesk("conversations", "close", conversation["id"])
    late = await deployment.frontdesk("conversations", "hand-back", conversation["id"])

    assert (taken[0], closed[0], late[0]) == (0, 0, 1)
    assert "This conversation was closed. Reopen it to speak in it." in late[1]
