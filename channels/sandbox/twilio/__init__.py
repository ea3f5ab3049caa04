"""A local Twilio: the REST API, the carrier behind it, and the phones of its customers.

It speaks the wire format of Twilio's messaging as the official SDK uses it here, signs its webhooks with code of its
own, and shares nothing with our SMS channel but the count of segments.
"""

from __future__ import annotations

from channels.sandbox.twilio.records import Media, Message
from channels.sandbox.twilio.simulator import TwilioSimulator
from channels.sandbox.twilio.webhooks import Retries

__all__ = ["Media", "Message", "Retries", "TwilioSimulator"]
