"""Recognises what programs and habits put under a text: signatures, device lines, closings, disclaimers, footers.

Everything here looks at lines that end a text. What stands in the middle of one is the author's own, however much it
looks like a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.replies import words

MAX_SIGNATURE_LINES = 16
MAX_CLOSING_LINES = 8

_DASHES = re.compile(r"^\s*(?:--|—|––|—–|__)\s*$|^-- \s*\S.{0,80}$")
_RULE = re.compile(r"^\s*(?:[-_=*~#+–—]\s?){3,}\s*$")
_LINK = re.compile(r"<[^<>]{0,500}>|\((?:https?|mailto):[^()]{0,500}\)|\[[^\[\]]{0,300}\](?=\()|https?://\S{1,500}")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]{0,300})\]\([^()]{0,500}\)")
_CLAUSE_END = re.compile(r"[,.;!–—]\s|\s-\s|\s\(")
_PUNCTUATION = " \t,.;:!-–—*_/\\|~^'\"。、，！…🎉🙂😊👋❤️"
_CONTACT = re.compile(
    r"\+?\(?\d[\d\s().\-/]{6,}\d|[^\s@]{1,80}@[^\s@]{2,80}|(?:https?://|www\.)\S|\b(?:tel|phone|fax|mobile?|cell|t|m|f|e|w)\s?[.:]",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"confidential|privileged|intended (?:only |solely )?(?:for|recipient)|if you (?:are not|have received)|disclaimer|unauthori[sz]ed"
    r"|vertraulich|rechtlich geschützt|nicht der (?:richtige|beabsichtigte|vorgesehene)|irrtümlich|unbefugte"
    r"|confidentiel|destinataire|exclusivement|confidencial|destinatari[oa]|privilegiad|riservat[eoi]|vertrouwelijk|geadresseerde"
    r"|poufn[eay]|adresat|конфиденциальн|адресат|konfidentiell|fortroli|luottamuksel|důvěrn|gizli|bizalmas|機密|机密|보안|비밀"
    r"|think before (?:you )?print|consider the environment|before printing|umwelt|imprimer ce|virus[- ]free|scanned (?:by|for)|avast|antivirus",
    re.IGNORECASE,
)
_DISCLAIMER_START = re.compile(
    r"^\W{0,6}(?:(?:this|the|any|information in this) .{0,40}(?:e-?mail|message|communication|transmission)|important(?: notice)?\b"
    r"|confidential|disclaimer|legal notice|privacy|notice:|please consider|think before|before printing|p\s?please consider"
    r"|diese (?:e-?mail|nachricht)|der inhalt dieser|die(?:se)? information|haftungsausschluss|hinweis"
    r"|ce (?:message|courriel|mail)|cet e-?mail|este (?:mensaje|correo|e-?mail)|esta (?:mensagem|comunicaci)|aviso|nota"
    r"|questo (?:messaggio|e-?mail)|(?:le|la) informazion|il presente|de informatie|dit (?:bericht|e-?mail)|deze e-?mail"
    r"|niniejsz|ta wiadomość|treść tej|настоящее|это (?:сообщение|письмо)|detta (?:meddelande|e-?post|mail)|denne (?:e-?post|mail|besked|melding)"
    r"|tämä (?:viesti|sähköposti)|tato zpráva|tento e-?mail|bu (?:e-?posta|mesaj)|ez az (?:e-?mail|üzenet)|acest (?:mesaj|e-?mail)"
    r"|このメール|本メール|本邮件|本郵件|此邮件|이 (?:메일|메시지))",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"unsubscribe|opt[- ]out|manage (?:your )?(?:email )?(?:preferences|subscription)|mailing list$|mailing list info"
    r"|you (?:are )?receiv(?:ed|ing) this|you're receiving this|to stop receiving|visit topic|view it on github|reply to this email"
    r"|abmelden|abbestellen|se d[ée]sabonner|d[ée]sinscri|cancelar (?:la |a )?suscripci|darse de baja|cancelar (?:a )?inscri|annulla(?:re)? l'iscrizione"
    r"|disiscri|afmelden|uitschrijven|wypisz|anuluj subskrypcj|отписаться|відписатися|avregistrera|avsluta prenumeration|avmeld|afmeld"
    r"|peruuta tilaus|odhlásit|abonelikten|leiratkoz|dezabon|διαγραφ|配信停止|退订|取消订阅|수신거부|^_{5,}$|/mailman/listinfo|@lists?\.|groups\.google\.com"
    r"|virus[- ]free|this e-?mail (?:has been|was) (?:checked|scanned)|avast\.com|avg\.com|sent through the",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"^\W{0,6}(?:caution|warning|attention|achtung|vorsicht|external|extern(?:e)?|important|security notice|be careful|\[?ext(?:ernal)?\]?"
    r"|avertissement|precaución|advertencia|attenzione|atenção|let op|waarschuwing|uwaga|внимание|varning|advarsel|huomio"
    r"|this (?:message|e-?mail|sender)|you don't often|diese e-?mail (?:stammt|kommt|wurde)|sie erhalten nicht|ce(?:t)? (?:e-?mail|message|courriel)"
    r"|vous n.obtenez pas|vous ne recevez pas|no suele recibir|non si ricevono|u ontvangt niet vaak|\*{2,}|⚠)",
    re.IGNORECASE,
)
_BANNER_WORDS = re.compile(
    r"originated (?:from )?outside|(?:from|by) (?:an )?(?:external|outside|unknown|untrusted)|external (?:sender|e-?mail|source|message|mail)"
    r"|outside (?:of )?(?:the |your |our )?(?:organi[sz]ation|company|network)|do(?: not|n't) (?:click|open)|unless you recogni[sz]e"
    r"|don't often get e?mail|learn why this is important|aka\.ms/learnabout|verify the sender|suspicious"
    r"|von (?:außerhalb|ausserhalb|extern)|externe[nrm]? (?:absender|e-?mail|quelle|organisation)|keine links|klicken sie (?:nicht|auf keine)"
    r"|provient de l'ext|expéditeur externe|ne cliquez pas|extérieur de|remitente externo|fuera de (?:la|su) organizaci|no haga clic"
    r"|mittente esterno|dall'esterno|non (?:fare clic|cliccare)|remetente externo|fora da organiza|não clique|externe afzender|buiten (?:de|uw) organisatie"
    r"|klik niet|spoza organizacji|nie klikaj|внешн|не (?:переходите|открывайте)|externt|utanför organisationen|eksternt|uden for|utenfor|ulkopuol",
    re.IGNORECASE,
)


def is_signature_start(line: str) -> bool:
    """`-- ` and its kin: what follows, to the end of the text, is a signature if it is short."""
    return bool(_DASHES.match(line))


def is_rule(line: str) -> bool:
    """A line of dashes, underscores or the like, and nothing else."""
    return len(line) < 200 and bool(_RULE.match(line))


def is_device_line(line: str) -> bool:
    """ "Sent from my iPhone", "Get Outlook for iOS" and what others say instead; not "Sent from my desk, which …"."""
    text = _MARKDOWN_LINK.sub(r"\1", line.strip()) if len(line) <= 400 else ""
    text = " ".join(_LINK.sub(" ", text.strip("<>()[]*_~ ")).split()).strip("<>()[]*_~ \u200e\u200f")
    if not text or len(text) > 160 or text.endswith("?"):
        return False
    lowered = words.folded(text)
    head, tail = _head_and_tail(lowered)
    if len(head.split()) > 10 or (tail and not _apologises(tail)):
        return False
    names_device = any(device in f"{head} " for device in words.DEVICES)
    begins = any(lowered.startswith(start) for start in words.SENT_WITH)
    ends = any(ending in head for ending in words.SENT_WITH_AFTER)
    if lowered.startswith("sent ") and not _SENT_PREPOSITION.match(lowered):
        return False
    says_my = any(word in words.MY for word in head.split())
    if begins:
        return names_device or (says_my and len(head.split()) <= 6)
    return (ends and names_device) or (len(head.split()) <= 3 and head.endswith(" from mobile"))


_SENT_PREPOSITION = re.compile(r"^sent (?:securely |safely )?(?:from|via|with|using|by|on|through|thru|in)\b")


def is_closing(line: str) -> bool:
    """ "Best regards," on a line of its own."""
    return len(line) <= 100 and words.folded(line.strip(_PUNCTUATION)) in _CLOSINGS


_CLOSINGS = frozenset(word.strip(_PUNCTUATION) for word in words.CLOSINGS)


def looks_like_signature(lines: Sequence[str]) -> bool:
    """Whether `lines`, the last of a text, are a name and ways to reach somebody rather than something said."""
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) > MAX_SIGNATURE_LINES:
        return False
    return not any(_is_prose(line) for line in filled)


def has_contact(lines: Sequence[str]) -> bool:
    return any(_CONTACT.search(line[:300]) for line in lines)


def is_footer(lines: Sequence[str]) -> bool:
    """Whether `lines`, which follow everything else, were put there by a server or a program."""
    filled = [line.strip() for line in lines if line.strip()]
    if not filled:
        return True
    if is_signature_start(filled[0]) or is_device_line(filled[0]) or is_closing(filled[0]):
        return True
    if is_rule(filled[0]):
        return (len(filled) <= MAX_SIGNATURE_LINES and is_footer(filled[1:])) or looks_like_signature(filled[1:])
    return is_disclaimer(filled) or (len(filled) <= 12 and any(_FOOTER.search(line[:300]) for line in filled[:6]))


def is_disclaimer(lines: Sequence[str]) -> bool:
    text = " ".join(" ".join(line.split()) for line in lines)[:3000]
    return bool(_DISCLAIMER_START.match(text)) and bool(_DISCLAIMER.search(text)) and len(text) > 40


def is_footer_line(line: str) -> bool:
    return len(line) <= 500 and bool(_FOOTER.search(line))


def is_banner(paragraph: Sequence[str]) -> bool:
    """Whether the first paragraph is a warning that a mail server put above the text."""
    text = " ".join(" ".join(line.split()) for line in paragraph)
    if len(text) > 700 or len(paragraph) > 8:
        return False
    return bool(_BANNER.match(text)) and bool(_BANNER_WORDS.search(text))


def _head_and_tail(text: str) -> tuple[str, str]:
    end = _CLAUSE_END.search(text)
    if end is None:
        return text.rstrip(".!"), ""
    return text[: end.start()], text[end.end() :].strip(" .!")


def _apologises(text: str) -> bool:
    return any(word in text for word in words.APOLOGIES)


def _is_prose(line: str) -> bool:
    """A sentence: long, or asking something. Addresses and titles are neither."""
    if line.endswith("?"):
        return True
    return len(line.split()) > 12 and not _CONTACT.search(line)
