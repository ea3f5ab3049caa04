"""The engine's own tables on one page. Only migrations read it; queries are plain SQL, one module per noun in `store`.

Times are whole microseconds since 1970 UTC, JSON is text, booleans are 0 or 1 (see `gateway.store.database`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, PrimaryKeyConstraint, SmallInteger, Table, Text, text

metadata = MetaData()

agents = Table(
    "engine_agents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),  # digest of the key that made it, or * for an agent served from Python code
    Column("name", Text, nullable=False),
    Column("branch_id", Text, nullable=False),
    Column("payload", Text, nullable=False),  # as saved; the order of its keys matters
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("engine_agents_newest", "owner", "created_at", "id"),
)

sessions = Table(
    "engine_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="idle"),  # idle | processing | awaiting
    # The last number given to an event; deltas of a turn under way may be ahead of it.
    Column("seq", BigInteger, nullable=False, server_default="0"),
    Column("posts", BigInteger, nullable=False, server_default="0"),  # turns posted so far, waiting ones included
    Column("waiting", BigInteger, nullable=False, server_default="0"),  # turns that wait for the session to be idle
    Column("turn", BigInteger, nullable=False, server_default="0"),  # the turn that runs, is paused, or ran last
    Column("pending_id", Text),  # the approval request that the turn is paused at
    # Who runs the turn. The fence rises with every claim; every write of a turn names the fence it was claimed with.
    Column("runner", Text),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    # What the model remembers: a summary of the turns up to `compacted`, and whole turns after it.
    Column("compacted", BigInteger, nullable=False, server_default="0"),
    Column("summary", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Index(
        "engine_sessions_processing",
        "runner",
        sqlite_where=text("state = 'processing'"),
        postgresql_where=text("state = 'processing'"),
    ),
    Index(
        "engine_sessions_startable",
        "id",
        sqlite_where=text("state = 'idle' AND waiting > 0"),
        postgresql_where=text("state = 'idle' AND waiting > 0"),
    ),
)

turns = Table(
    "engine_turns",
    metadata,
    Column("session_id", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting | open | ended | dropped
    Column("client_message_id", Text),
    Column("assurance", Text, nullable=False, server_default=""),  # how sure the poster is of who wrote, if they say
    Column("contents", Text, nullable=False),  # what was posted: texts and files, the files' bytes in base64
    Column("reply_id", Text, nullable=False),
    Column("messages", Text, nullable=False, server_default="[]"),  # what the model said and was told since
    Column("deltas", BigInteger, nullable=False, server_default="0"),  # deltas sent so far
    Column("running_call", Text),  # the tool call that has started and not ended: its message id and content
    Column("tools_started", SmallInteger, nullable=False, server_default="0"),
    Column("answer", Text),  # the decision that continues the turn, until its first step is recorded
    Column("tokens", BigInteger, nullable=False, server_default="0"),  # estimated size for the model
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("session_id", "number"),
    Index("engine_turns_client_message", "session_id", "client_message_id", unique=True),
    Index(
        "engine_turns_waiting",
        "session_id",
        "number",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

events = Table(
    "engine_events",
    metadata,
    Column("session_id", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    # message | request: an approval request | silent: only in the history, what users wrote | status
    Column("kind", Text, nullable=False),
    Column("message_id", Text, nullable=False, server_default=""),
    Column("parent_id", Text),
    Column("content", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("session_id", "seq"),
    Index(
        "engine_events_request",
        "message_id",
        unique=True,
        sqlite_where=text("kind = 'request'"),
        postgresql_where=text("kind = 'request'"),
    ),
    # The first answer to a request is the only one.
    Index(
        "engine_events_answer",
        "parent_id",
        unique=True,
        sqlite_where=text("parent_id IS NOT NULL"),
        postgresql_where=text("parent_id IS NOT NULL"),
    ),
)

processes = Table(
    "engine_processes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lease_until", BigInteger, nullable=False),
)
