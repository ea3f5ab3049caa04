"""Listeners: who is told of what happens in a session, in this process and in the others."""
