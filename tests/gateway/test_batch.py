"""What a turn posts is found in a session's history again, among older turns and other people's words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.message import Attachment, ReplyTarget, Sender
from channels.message import ChannelName as Channel
from gateway.batch import NOTHING, Batch, batch_of, count_posted, find_batch
from gateway.domain import ConversationId, Message, MessageId
from gateway.events import SessionMessage
from tests.gateway.fakes import NOON
from tests.gateway.world import ALICE


def written(text: str) -> Message:
    target = ReplyTarget(Channel.SMS, ALICE, "thread")
    return Message(MessageId("msg_1"), ConversationId("cnv_1"), 1, Sender(ALICE), text, target, NOON)


def ours(text: str) -> SessionMessage:
    return _kept({"type": "data_type_message", "value": text, "status": "Complete"}, {"user_id": None})


def agents(text: str) -> SessionMessage:
    return _kept({"type": "data_type_message", "value": text, "status": "Complete"}, {"object_id": "a-1"})


ANSWER = SessionMessage.from_dict({"sender": {"user_id": None}, "content": {"type": "response_message"}})


def batch(*texts: str) -> Batch:
    return batch_of([written(text) for text in texts], [])


def test_one_text_is_posted_as_a_text() -> None:
    assert batch("hello").only_text == "hello"
    assert batch("hello", "there").only_text is None


def test_texts_come_in_order_and_files_after_them() -> None:
    file = Attachment("invoice.pdf", "application/pdf", 3, content=b"pdf")

    made = batch_of([written("one"), written("two")], [file])

    assert made.values == ("one", "two", "invoice.pdf")
    assert (made.items[2].mime_type, made.items[2].filename) == ("application/pdf", "invoice.pdf")


def test_a_file_that_could_not_be_fetched_is_mentioned() -> None:
    made = batch_of([written("look")], [Attachment("photo.jpg", "image/jpeg", source="the file is gone")])

    assert made.values == ("look", "(The file photo.jpg could not be fetched: the file is gone)")


@pytest.mark.parametrize("texts", [[], [""], ["  ", "\n"]])
def test_a_turn_without_any_words_posts_something_all_the_same(texts: list[str]) -> None:
    assert batch(*texts).values == (NOTHING,)


def test_answers_to_requests_are_not_counted_as_posts() -> None:
    assert count_posted([ours("hi"), agents("hello"), ANSWER, ours("refund me")]) == 2


def test_a_batch_is_found_where_it_begins() -> None:
    history = [ours("hi"), agents("hello"), ours("one"), ours("two"), agents("yes?")]

    assert find_batch(history, batch("one", "two"), cursor=1) == 2


def test_the_same_words_of_an_older_turn_are_not_ours() -> None:
    history = [ours("hello?"), agents("hello"), ANSWER]

    assert find_batch(history, batch("hello?"), cursor=1) is None
    assert find_batch([*history, ours("hello?")], batch("hello?"), cursor=1) == 3


def test_half_of_a_batch_is_not_the_batch() -> None:
    assert find_batch([ours("one")], batch("one", "two"), cursor=0) is None
    assert find_batch([ours("one"), ours("three")], batch("one", "two"), cursor=0) is None


def test_the_same_words_twice_in_one_batch_are_found() -> None:
    assert find_batch([ours("hello?"), ours("hello?")], batch("hello?", "hello?"), cursor=0) == 0


def test_words_that_somebody_else_put_into_the_session_are_passed_over() -> None:
    history = [ours("a foreign text"), agents("?"), ours("hello")]

    assert find_batch(history, batch("hello"), cursor=0) == 2


def test_an_agent_that_repeats_the_customer_is_not_taken_for_them() -> None:
    assert find_batch([agents("hello")], batch("hello"), cursor=0) is None


words = st.lists(st.sampled_from(["a", "b", "hello"]), min_size=1, max_size=4)


@given(older=st.lists(words, max_size=3), newest=words, foreign=words)
@settings(max_examples=100, deadline=None)
def test_a_batch_is_found_if_and_only_if_it_was_posted(
    older: list[list[str]], newest: list[str], foreign: list[str]
) -> None:
    before = [message for texts in older for message in (*map(ours, texts), agents("a"))]
    cursor = count_posted(before)
    posted = [*before, *map(ours, newest), agents("b")]

    assert find_batch(before, batch(*newest), cursor=cursor) is None
    assert find_batch(posted, batch(*newest), cursor=cursor) == len(before)
    among = find_batch(
        [*before, *(ours(f"foreign {word}") for word in foreign), *map(ours, newest)], batch(*newest), cursor=cursor
    )
    assert among == len(before) + len(foreign)


def _kept(content: dict[str, object], sender: dict[str, object]) -> SessionMessage:
    return SessionMessage.from_dict({"id": "m", "session_id": "s", "sender": sender, "content": content})
