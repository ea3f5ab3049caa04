"""The session protocol as values: frames, contents, histories and their limits. Nothing here waits or remembers.

The frames are those of the vectorshift SDK. What the engine adds, in fields that the SDK passes by:

- `client_message_id` on posts: a repeat within the session is acknowledged as the first, with `"duplicate": true`.
- `assurance` on posts: how sure the poster is of who wrote (`proven`, `claimed`, `failed`), for tools that ask a person
  about senders who are less sure; a post without it counts as `claimed`.
- `seq` on deltas, notifications and statuses, rising within the session; `after_seq` on `connect_session` asks for what
  was missed since; the ack says `last_seq`.
- `code` beside every `error`; an `error_message` of a lost turn also says whether `tools_started`.
- `arguments_schema` and the author's `approval_policy` in an approval request, `arguments` and `tool_call_id` in tool
  events, and `tool_result` notifications.
"""
