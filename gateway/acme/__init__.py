"""Acme, the demo shop, and the support agent that is bundled with the gateway."""
