"""STOP, START and HELP: the words by which a customer says whether they may be written to.

A keyword is the whole message: "stop texting me" is a sentence for the agent, as Twilio treats it too. Case, accents,
white space around it and a closing full stop or exclamation mark do not matter; a question mark does ("Cancel?" asks).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from channels.message import Consent

_CLOSING = " \t\r\n.!,;:\"'“”‘’…"


@dataclass(frozen=True, slots=True)
class Keywords:
    """The words of one language or several, in any case."""

    stop: frozenset[str] = frozenset()
    start: frozenset[str] = frozenset()
    help: frozenset[str] = frozenset()

    def __or__(self, other: Keywords) -> Keywords:
        return Keywords(self.stop | other.stop, self.start | other.start, self.help | other.help)

    def consent(self, text: str) -> Consent | None:
        """What the message says about consent, if it says nothing else."""
        word = _bare(text)
        if word in map(_bare, self.stop):
            return Consent.STOP
        if word in map(_bare, self.start):
            return Consent.START
        if word in map(_bare, self.help):
            return Consent.HELP
        return None


# Twilio acts on exactly these by itself, on every long code.
ENGLISH = Keywords(
    stop=frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}),
    start=frozenset({"START", "YES", "UNSTOP"}),
    help=frozenset({"HELP", "INFO"}),
)
# Twilio acts on these only where Advanced Opt-Out lists them.
SPANISH = Keywords(
    stop=frozenset({"ALTO", "PARAR", "BAJA", "DETENER"}),
    start=frozenset({"EMPEZAR", "COMENZAR", "ALTA"}),
    help=frozenset({"AYUDA"}),
)
FRENCH = Keywords(
    stop=frozenset({"ARRET", "ARRETER", "DESABONNER"}),
    start=frozenset({"DEBUT", "REPRENDRE"}),
    help=frozenset({"AIDE"}),
)

LANGUAGES = {"spanish": SPANISH, "french": FRENCH}


def _bare(text: str) -> str:
    word = unicodedata.normalize("NFKD", text.strip().strip(_CLOSING)).casefold()
    return "".join(sign for sign in word if not unicodedata.combining(sign))
