"""Channels know providers: they verify, parse, compose and send, and know no database, queue or agent."""
