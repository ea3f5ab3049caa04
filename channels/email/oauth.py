"""Access tokens for mail servers that take no passwords any more (XOAUTH2: Google, Microsoft).

How a token is had differs from provider to provider, and needs their secrets: a program of the operator's choice
prints one. It is asked for every login, so that it never hands out one that is about to expire for longer than it
takes to log in; whether it keeps tokens meanwhile is its own affair.
"""

from __future__ import annotations

import asyncio
import shlex
from contextlib import suppress
from dataclasses import dataclass

TIMEOUT_S = 30.0
MAX_TOKEN_CHARS = 16_384


class TokenUnavailable(OSError):
    """There is no token now. Its words never hold what the program printed."""


@dataclass(frozen=True, slots=True)
class TokenCommand:
    """A token source: the first line that a program prints. It runs without a shell."""

    command: str
    timeout_s: float = TIMEOUT_S

    async def __call__(self) -> str:
        """A token. Raises `TokenUnavailable`."""
        try:
            program = await asyncio.create_subprocess_exec(
                *shlex.split(self.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except (OSError, ValueError) as error:
            raise TokenUnavailable("the token command cannot be started") from error
        try:
            async with asyncio.timeout(self.timeout_s):
                printed, _ = await program.communicate()
        except TimeoutError:
            raise TokenUnavailable("the token command takes too long") from None
        finally:
            if program.returncode is None:
                with suppress(ProcessLookupError):
                    program.kill()
                await program.wait()
        token = printed.decode("ascii", "replace").partition("\n")[0].strip()
        if program.returncode or not token or not token.isprintable() or len(token) > MAX_TOKEN_CHARS:
            raise TokenUnavailable("the token command prints no token")
        return token
