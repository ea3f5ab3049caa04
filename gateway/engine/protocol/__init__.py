"""The session protocol as values: frames, contents, histories and their limits. Nothing here waits or remembers."""
