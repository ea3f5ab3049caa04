"""Machines are recognised by their own words, and customers are not taken for them."""

from __future__ import annotations

import pytest

from channels.sms.automatic import looks_automatic


@pytest.mark.parametrize(
    "text",
    [
        "I’m driving with Do Not Disturb While Driving turned on. I’ll see your message when I get where I’m going.",
        "I'm driving right now - I'll get back to you later",
        "(I’m not receiving notifications. If this is urgent, reply “urgent” to send a notification.)",
        "Auto-Reply: We are closed.",
        "Automatic response: thanks for your message",
        "Thank you. This is an automated message.",
        "I am currently out of the office until Monday.",
        "This number is not monitored.",
    ],
)
def test_an_automatic_answer_is_recognised(text: str) -> None:
    assert looks_automatic(text)


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order?",
        "Is this an automated reply? I want a person",
        "My automatic gate opener broke",
        "The driver said he is driving past tomorrow",
        "Please stop the auto renewal",
        "",
    ],
)
def test_a_customers_words_are_not(text: str) -> None:
    assert not looks_automatic(text)
