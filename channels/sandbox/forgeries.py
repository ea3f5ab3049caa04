"""What an attacker would try: requests to the public routes that no provider signed, mails in somebody else's name."""

from __future__ import annotations

import json
import secrets
import time

import aiohttp

from channels.sandbox.mail.simulator import MailSimulator
from channels.sandbox.slack.workspace import TEAM
from channels.sandbox.twilio.webhooks import signature
from channels.sandbox.world import OUR_NUMBER, SandboxConfig

_TIMEOUT = aiohttp.ClientTimeout(total=10)


async def forge_sms(config: SandboxConfig, from_: str, text: str) -> int:
    """Post a text message as Twilio does, signed by somebody who does not know the token. Returns web's status."""
    url = f"{config.web_url}/twilio/messages"
    fields = {
        "MessageSid": f"SM{secrets.token_hex(16)}",
        "AccountSid": config.twilio_account_sid,
        "From": from_,
        "To": OUR_NUMBER,
        "Body": text,
    }
    return await _post(url, fields, {"X-Twilio-Signature": signature("not the token", url, fields)})


async def forge_slack(config: SandboxConfig, user: str, text: str) -> int:
    """Post a direct message as Slack does, with a signature of the right shape. Returns web's status."""
    at = f"{time.time():.6f}"
    message = {"type": "message", "channel_type": "im", "channel": f"D{user[1:]}", "user": user, "text": text, "ts": at}
    body = {"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{secrets.token_hex(4)}", "event": message}
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": str(int(time.time())),
        "X-Slack-Signature": f"v0={secrets.token_hex(32)}",
    }
    return await _post(f"{config.web_url}/slack/events", json.dumps(body), headers)


async def spoof_mail(mail: MailSimulator, victim: str, text: str) -> str:
    """Answer the victim's newest mail in their name, from a server that may not speak for them. Returns its id."""
    received = mail.inbox(victim)
    return await mail.write(
        victim,
        "" if received else "About my order",
        text,
        reply_to=received[-1] if received else None,
        dmarc="fail",
    )


async def _post(url: str, data: str | dict[str, str], headers: dict[str, str]) -> int:
    """The status of the answer, 0 where nobody answered."""
    try:
        async with (
            aiohttp.ClientSession(trust_env=False, timeout=_TIMEOUT) as session,
            session.post(url, data=data, headers=headers) as response,
        ):
            return response.status
    except (aiohttp.ClientError, TimeoutError):
        return 0
