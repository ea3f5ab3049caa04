"""The whole schema on one page. Only migrations read it; queries are plain SQL, one module per noun.

Times are whole microseconds since 1970 UTC, JSON is text, booleans are 0 or 1 (see `gateway.store.database`).
Ids are made by us and sort by time (`gateway.domain.new_id`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# An ever rising number. SQLite counts only plain INTEGER keys by itself.
RISING = BigInteger().with_variant(Integer, "sqlite")

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("thread_key", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("holder", Text, nullable=False, server_default="agent"),  # agent | human
    Column("session_id", Text),
    # The history cursor: how many messages we have posted to the session.
    Column("posted", BigInteger, nullable=False, server_default="0"),
    # Messages are numbered by arrival; those above `taken` belong to no turn yet.
    Column("arrived", BigInteger, nullable=False, server_default="0"),
    Column("taken", BigInteger, nullable=False, server_default="0"),
    Column("waiting_since", BigInteger),  # when the oldest of those above `taken` arrived
    # When somebody should look; NULL where nothing waits. While the lease is held it equals `lease_until`, so that
    # whatever happens meanwhile (it sets an earlier time) is seen when the lease is let go, in one statement.
    Column("due_at", BigInteger),
    Column("open_turn_id", Text),
    Column("related_id", Text),  # the conversation that the first message named, and was not let into
    Column("held_because", Text, nullable=False, server_default=""),  # why a person has it
    # How many turns there were in a short time: two robots that answer each other are stopped by it.
    Column("burst_since", BigInteger, nullable=False, server_default="0"),
    Column("burst_turns", Integer, nullable=False, server_default="0"),
    Column("notes", BigInteger, nullable=False, server_default="0"),  # how many wait for the next turn
    Column("lease_owner", Text),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("channel", "thread_key", name="conversations_thread"),
    Index(
        "conversations_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index("conversations_address", "channel", "address"),
    Index(
        "conversations_leased",
        "lease_owner",
        sqlite_where=text("lease_owner IS NOT NULL"),
        postgresql_where=text("lease_owner IS NOT NULL"),
    ),
    Index("conversations_session", "session_id"),
    # The console's pages: whoever wrote last is on top.
    Index("conversations_activity", "updated_at", "id"),
    Index(
        "conversations_with_people",
        "updated_at",
        "id",
        sqlite_where=text("holder = 'human'"),
        postgresql_where=text("holder = 'human'"),
    ),
)

participants = Table(
    "participants",
    metadata,
    Column("conversation_id", Text, ForeignKey("conversations.id"), primary_key=True),
    Column("address", Text, primary_key=True),
)

# Foreign ids of messages (a mail's Message-ID), by which a later message may name the conversation. They select it;
# they never open it.
thread_ids = Table(
    "thread_ids",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("thread_id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), primary_key=True),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("sender", Text, nullable=False),  # JSON: address, name, assurance
    Column("subject", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("original", Text, nullable=False, server_default=""),
    Column("reply_to", Text, nullable=False),  # JSON: where an answer to it goes
    Column("details", Text, nullable=False, server_default="{}"),
    Column("received_at", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Column("deleted_at", BigInteger),
    UniqueConstraint("conversation_id", "position", name="messages_order"),
)

# Every name by which a provider may repeat a message: its own id and whatever else is equally unique.
message_keys = Table(
    "message_keys",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("message_id", Text, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("mime_type", Text, nullable=False),
    Column("size", BigInteger),  # bytes
    Column("source", Text, nullable=False, server_default=""),
    Column("content", LargeBinary),
    Column("problem", Text, nullable=False, server_default=""),  # why it could not be fetched, in words
)

turns = Table(
    "turns",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("state", Text, nullable=False),  # running | paused | done | failed
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("cursor", BigInteger, nullable=False),  # how many messages the session had before this turn's
    Column("reply_to", Text, nullable=False),  # JSON: frozen when the turn starts
    Column("begun", Text),  # JSON: where its answer has begun to grow, and has to be completed
    Column("started_at", BigInteger, nullable=False),
    Column("deadline_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("failure", Text, nullable=False, server_default=""),
    Column("notes", BigInteger, nullable=False, server_default="0"),  # how many it tells
    Index(
        "turns_open",
        "conversation_id",
        unique=True,
        sqlite_where=text("state IN ('running', 'paused')"),
        postgresql_where=text("state IN ('running', 'paused')"),
    ),
    Index("turns_conversation", "conversation_id", "started_at"),
)

# What the agent is told at its next turn, besides what the customer writes.
notes = Table(
    "notes",
    metadata,
    Column("key", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("turn_id", Text),  # of the turn that tells it; NULL while it waits
    Column("text", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Index("notes_conversation", "conversation_id", "turn_id"),
    Index("notes_turn", "turn_id"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("turn_id", Text, ForeignKey("turns.id"), nullable=False, index=True),
    Column("request_id", Text, nullable=False),  # the session's id of the request, named by the answer
    Column("tool_call_id", Text, nullable=False, server_default=""),
    Column("tool_name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("schema", Text, nullable=False, server_default="{}"),
    Column("arguments", Text, nullable=False),  # canonical JSON, as proposed
    Column("final_arguments", Text),  # canonical JSON, where a person edited them
    Column("arguments_hash", Text, nullable=False),  # of what would run now
    Column("policy", Text, nullable=False, server_default="{}"),  # JSON: approvers, required, high_risk
    Column("quote", Text, nullable=False, server_default=""),
    Column("asked_because", Text, nullable=False, server_default=""),  # why a person is asked
    Column("state", Text, nullable=False),
    Column("required", Integer, nullable=False, server_default="1"),
    Column("created_at", BigInteger, nullable=False),
    Column("remind_at", BigInteger),
    Column("expires_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("answered_at", BigInteger),  # when the session took the decision
    Column("outcome", Text, nullable=False, server_default=""),
    Column("outcome_failed", SmallInteger, nullable=False, server_default="0"),
    Column("customer_wrote_since", Integer, nullable=False, server_default="0"),
    Column("card_slack_channel_id", Text, nullable=False, server_default=""),
    Column("card_ts", Text, nullable=False, server_default=""),
    Column("card_link", Text, nullable=False, server_default=""),
    Column("revision", Integer, nullable=False, server_default="0"),
    UniqueConstraint("conversation_id", "request_id", name="approvals_request"),
    Index(
        "approvals_pending",
        "expires_at",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "approvals_decided",
        "decided_at",
        sqlite_where=text("decided_at IS NOT NULL"),
        postgresql_where=text("decided_at IS NOT NULL"),
    ),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("approval_id", Text, ForeignKey("approvals.id"), nullable=False),
    Column("member_id", Text, nullable=False),
    Column("approved", SmallInteger, nullable=False),
    Column("arguments_hash", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("decided_at", BigInteger, nullable=False),
    UniqueConstraint("approval_id", "member_id", "arguments_hash", name="decisions_one_a_person"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", RISING, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("lane", Text, nullable=False),  # deliveries of one lane go out one after another
    Column("kind", Text, nullable=False),  # see `gateway.domain.DeliveryKind`
    Column("conversation_id", Text, ForeignKey("conversations.id")),
    Column("turn_id", Text),
    Column("subject_id", Text, nullable=False, server_default=""),  # of a card: its approval
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("target", Text, nullable=False),  # JSON
    Column("text", Text, nullable=False, server_default=""),
    Column("payload", LargeBinary),
    Column("part", Integer, nullable=False, server_default="1"),
    Column("parts", Integer, nullable=False, server_default="1"),
    Column("state", Text, nullable=False),
    Column("provider_id", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("attempted_at", BigInteger),
    Column("due_at", BigInteger),  # when to send, ask or give up next; NULL where nothing is left to do
    Column("code", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(
        "deliveries_due", "due_at", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")
    ),
    Index(
        "deliveries_lane",
        "lane",
        "seq",
        sqlite_where=text("state IN ('queued', 'sending', 'unknown')"),
        postgresql_where=text("state IN ('queued', 'sending', 'unknown')"),
    ),
    Index("deliveries_provider", "channel", "provider_id"),
    Index(
        "deliveries_dead",
        "seq",
        sqlite_where=text("state IN ('failed', 'cancelled')"),
        postgresql_where=text("state IN ('failed', 'cancelled')"),
    ),
    Index(
        "deliveries_failed",
        "updated_at",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
    Index("deliveries_conversation", "conversation_id", "seq"),
    Index(
        "deliveries_subject",
        "subject_id",
        sqlite_where=text("kind = 'relay'"),
        postgresql_where=text("kind = 'relay'"),
    ),
)

receipts = Table(
    "receipts",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("provider_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("suppress", SmallInteger, nullable=False, server_default="0"),
    Column("received_at", BigInteger, nullable=False),
    # 0 where the news came before we had recorded the send that it is about.
    Column("applied", SmallInteger, nullable=False),
    Index("receipts_provider", "channel", "provider_id"),
    Index(
        "receipts_unapplied",
        "received_at",
        sqlite_where=text("applied = 0"),
        postgresql_where=text("applied = 0"),
    ),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("source", Text, nullable=False),  # the message or error that said so
)

# A conversation that a person has or is to have. At most one of a conversation is open.
handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("cause", Text, nullable=False, server_default=""),  # agent | customer | failure | staff | held
    Column("reason", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False, server_default="waiting"),  # waiting | owned | returned | closed
    Column("owner", Text, nullable=False, server_default=""),
    Column("assigned_to", Text, nullable=False, server_default=""),
    # When it opened, `since` was the last message with an answer and `upto` the last that its brief tells of.
    Column("since", BigInteger, nullable=False, server_default="0"),
    Column("upto", BigInteger, nullable=False, server_default="0"),
    # Positions of messages: up to `answered` the customer has had an answer, up to `shown` they stand in the thread.
    Column("answered", BigInteger, nullable=False, server_default="0"),
    Column("shown", BigInteger, nullable=False, server_default="0"),
    Column("told", SmallInteger, nullable=False, server_default="0"),  # the customer knows that a person has it
    Column("stopping", Text, nullable=False, server_default=""),  # the turn that the platform has still to stop
    Column("thread_slack_channel_id", Text, nullable=False, server_default=""),
    Column("thread_ts", Text, nullable=False, server_default=""),
    Column("threads", Integer, nullable=False, server_default="0"),  # how many of its threads are gone
    Column("opened_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False, server_default="0"),  # when somebody last said or did something
    Column("warned_at", BigInteger),  # when staff were told that it will go back by itself
    Column("checked_at", BigInteger, nullable=False, server_default="0"),  # when its owner was last seen to be here
    Column("closed_at", BigInteger),
    Column("closed_by", Text, nullable=False, server_default=""),
    Column("revision", Integer, nullable=False, server_default="0"),
    Index(
        "handoffs_open",
        "conversation_id",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("handoffs_thread", "thread_slack_channel_id", "thread_ts"),
    Index("handoffs_conversation", "conversation_id", "id"),
)

# What staff wrote in the thread of a handoff. The id is the Slack channel and timestamp: the message's own identity.
staff_messages = Table(
    "staff_messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("handoff_id", Text, ForeignKey("handoffs.id"), nullable=False),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("member_id", Text, nullable=False),
    Column("member_name", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),  # relayed | asked | internal | command | refused | dropped
    Column("seen", BigInteger, nullable=False),  # the position up to which its author had the customer's messages
    Column("mark", Text, nullable=False, server_default=""),  # the emoji that stands under it
    Column("is_settled", SmallInteger, nullable=False, server_default="0"),  # no news is expected any more
    Column("sent_at", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Index("staff_messages_handoff", "handoff_id", "stored_at"),
    Index(
        "staff_messages_unsettled",
        "stored_at",
        sqlite_where=text("state = 'relayed' AND is_settled = 0"),
        postgresql_where=text("state = 'relayed' AND is_settled = 0"),
    ),
)

staff_files = Table(
    "staff_files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("staff_message_id", Text, ForeignKey("staff_messages.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("mime_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("handoff_id", Text, ForeignKey("handoffs.id"), nullable=False),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("hint", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),  # empty until the agent has written it
    Column("state", Text, nullable=False),  # proposed | sent | dropped
    Column("decided_by", Text, nullable=False, server_default=""),
    Column("card_slack_channel_id", Text, nullable=False, server_default=""),
    Column("card_ts", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 … without gaps
    Column("at", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("conversation_id", Text, nullable=False, server_default=""),
    Column("subject_id", Text, nullable=False, server_default=""),
    Column("data", Text, nullable=False),  # canonical JSON: ids, hashes and words of ours, nothing personal
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("audit_conversation", "conversation_id", "number"),
)

# Who listens to a mailbox. One process at a time: mails of one customer then keep their order.
mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("lease_owner", Text),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("fence", BigInteger, nullable=False, server_default="0"),
)

# The time during which a mailbox's UIDs mean the same.
mailbox_epochs = Table(
    "mailbox_epochs",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("last_uid", BigInteger, nullable=False, server_default="0"),
    Column("horizon_at", BigInteger, nullable=False),  # mail from before is left alone
    Column("opened_at", BigInteger, nullable=False),
    Column("searched_at", BigInteger, nullable=False),
)

mail_intakes = Table(
    "mail_intakes",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("digest", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("is_marked", SmallInteger, nullable=False, server_default="0"),  # on the server; 2 where it refuses to
    Column("updated_at", BigInteger, nullable=False),
    Index("mail_intakes_digest", "digest"),
    Index(
        "mail_intakes_waiting",
        "mailbox",
        "due_at",
        sqlite_where=text("state IN ('announced', 'stored')"),
        postgresql_where=text("state IN ('announced', 'stored')"),
    ),
    Index(
        "mail_intakes_quarantined",
        "updated_at",
        sqlite_where=text("state = 'quarantined'"),
        postgresql_where=text("state = 'quarantined'"),
    ),
)

raw_mails = Table(
    "raw_mails",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of `raw`
    Column("raw", LargeBinary, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
)

# Slack's own library keeps here who installed the app: slack_bots, slack_installations, slack_oauth_states. What is
# in them is described there (slack_sdk.oauth.installation_store.sqlalchemy); the migration makes them.
