"""Connections: WebSockets, and their seats in sessions."""
