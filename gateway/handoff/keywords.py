"""The plain words by which customers ask for a person. They count as a whole message only, and need no agent."""

from __future__ import annotations

WORDS = frozenset(
    {
        # English
        "human",
        "agent",
        "operator",
        "representative",
        "person",
        "real person",
        "a person",
        "a human",
        "human please",
        "agent please",
        "talk to a person",
        "talk to a human",
        "talk to an agent",
        "speak to a person",
        "speak to a human",
        "speak to an agent",
        "speak to someone",
        "live agent",
        "human agent",
        # German
        "mensch",
        "mitarbeiter",
        "mit einem menschen sprechen",
        "mit einem mitarbeiter sprechen",
        # French
        "humain",
        "conseiller",
        "parler à un conseiller",
        "parler à un humain",
        "parler à une personne",
        # Spanish
        "humano",
        "agente",
        "persona",
        "hablar con una persona",
        "hablar con un agente",
        "hablar con un humano",
        # Italian
        "operatore",
        "parlare con un operatore",
        "parlare con una persona",
        # Portuguese
        "atendente",
        "falar com uma pessoa",
        "falar com um atendente",
        # Dutch
        "medewerker",
        "met een medewerker spreken",
        # Polish
        "konsultant",
        "człowiek",
    }
)
_LONGEST = 60


def wants_person(text: str) -> bool:
    """Whether a message says nothing but that its author wants a person, whatever its case and punctuation."""
    if len(text) > _LONGEST:
        return False
    words = "".join(sign if sign.isalpha() else " " for sign in text.casefold()).split()
    return " ".join(words) in WORDS
