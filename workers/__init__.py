"""Workers know time: they wake the gateway's use cases, and hold no truth of their own."""
