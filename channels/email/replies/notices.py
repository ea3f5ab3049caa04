"""Recognises what mail servers and companies put around a text: warnings above, disclaimers and footers below."""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.reading.patterns import any_of, beginning_with

MAX_BANNER_CHARS = 700
MAX_BANNER_LINES = 8


# A tag on a line of its own, and what Proofpoint leaves of its banner in the text.
_TAG = re.compile(
    r"^\s*[\[(<*]{1,3}\s*(?:external|ext|extern|externe|externo|esterno)(?: e-?mail| sender| mail)?\s*[\])>*]{1,3}\s*$",
    re.IGNORECASE,
)
_OUTLOOK_TIP = re.compile(r"<https?://aka\.ms/LearnAboutSenderIdentification[^<>\s]{0,20}>", re.IGNORECASE)
_BANNER_END = re.compile(r"^[A-Za-z]{4,20}BannerEnd\s*$")


_BANNER_START = beginning_with(r"""
    en  caution|warning|attention|alert|notice|external|important|security notice|be careful|ext(?:ernal)?\]
    en  this (?:message|e-?mail|sender)|you don't often
    de  achtung|vorsicht|extern(?:e)?|diese e-?mail (?:stammt|kommt|wurde)|sie erhalten nicht
    fr  avertissement|cet? (?:e-?mail|message|courriel)|vous n.obtenez pas|vous ne recevez pas
    es  precaución|advertencia|no suele recibir
    it  attenzione|non si ricevono
    pt  atenção
    nl  let op|waarschuwing|u ontvangt niet vaak
    pl  uwaga
    ru  внимание
    sv  varning
    da  advarsel
    fi  huomio
    xx  \*{2,}|⚠
""")
_BANNER_WORDS = any_of(r"""
    en  originated (?:from )?outside|external (?:sender|e-?mail|source|message|mail)|unless you recogni[sz]e
    en  outside (?:of )?(?:the |your |our )?(?:organi[sz]ation|company|network)|don't often get e?mail
    en  (?:do not|don't) (?:click|open) (?:any |on |the )*(?:links?|attachments?)|learn why this is important
    en  aka\.ms/learnabout
    de  von (?:außerhalb|ausserhalb) (?:der|des|unserer|ihrer)|externe[nrms]? (?:absender|e-?mail|quelle)
    de  klicken sie (?:nicht|auf keine)|erhalten nicht (?:oft|häufig) e-?mails
    fr  provient de l'ext|expéditeur externe|ne cliquez pas|l'extérieur de (?:l'|votre |notre )organisation
    es  remitente externo|fuera de (?:la|su) organizaci|no haga clic
    it  mittente esterno|dall'esterno dell'organizz|non (?:fare clic|cliccare)
    pt  remetente externo|fora da organiza|não clique
    nl  externe afzender|buiten (?:de|uw) organisatie|klik niet
    pl  spoza organizacji|nie klikaj
    ru  внешн\w+ (?:отправител|источник)|не переходите по ссылкам
    sv  extern avsändare|utanför organisationen
    da  ekstern afsender|uden for organisationen
    no  ekstern avsender|utenfor organisasjonen
    fi  organisaation ulkopuol
""")
_DISCLAIMER_START = beginning_with(r"""
    en  (?:this|the|any|information in this) .{0,40}(?:e-?mail|message|communication|transmission)
    en  important(?: notice)?\b|confidential|disclaimer|legal notice|privacy|notice:
    de  diese (?:e-?mail|nachricht)|der inhalt dieser|die(?:se)? information|haftungsausschluss|hinweis
    fr  ce (?:message|courriel|mail)|cet e-?mail
    es  este (?:mensaje|correo|e-?mail)|aviso|nota
    pt  esta (?:mensagem|comunicaci)
    it  questo (?:messaggio|e-?mail)|(?:le|la) informazion|il presente
    nl  de informatie|dit (?:bericht|e-?mail)|deze e-?mail
    pl  niniejsz|ta wiadomość|treść tej
    cs  tato zpráva|tento e-?mail
    ru  настоящее|это (?:сообщение|письмо)
    sv  detta (?:meddelande|e-?post|mail)
    da  denne (?:e-?(?:post|mail)|mail|besked|melding)
    fi  tämä (?:viesti|sähköposti)
    tr  bu (?:e-?posta|mesaj)
    hu  ez az (?:e-?mail|üzenet)
    ro  acest (?:mesaj|e-?mail)
    ja  このメール|本メール
    zh  本邮件|本郵件|此邮件
    ko  이 (?:메일|메시지)
""")
_DISCLAIMER_WORDS = any_of(r"""
    en  confidential|privileged|intended (?:only |solely )?(?:for|recipient)|if you (?:are not|have received)
    en  disclaimer|unauthori[sz]ed|disclos|prohibited|legally
    de  vertraulich|rechtlich geschützt|nicht der (?:richtige|beabsichtigte|vorgesehene)|irrtümlich|unbefugte|adressat
    fr  confidentiel|destinataire|exclusivement|par erreur|privilégié
    es  confidencial|destinatari[oa]|privilegiad
    pt  destinatári[oa]|por engano
    it  riservat[eoi]
    nl  vertrouwelijk|geadresseerde
    pl  poufn[eay]|adresat
    cs  důvěrn|adresát|omylem
    ru  конфиденциальн|адресат
    sv  konfidentiell|mottagare|av misstag
    da  fortroli|modtager|ved en fejl
    no  konfidensiel|rett mottaker|bare ment for
    fi  luottamuksel
    tr  gizli
    hu  bizalmas
    ja  機密|誤って受信|削除して
    zh  机密|保密|错收|误收|删除
    ko  보안|비밀|기밀|잘못 수신|삭제
""")
_PRINTING = any_of(r"""
    en  (?:consider|think of) the environment|(?:think|consider) before (?:you )?print|before printing this
    de  bevor sie diese e-?mail (?:aus)?drucken|umwelt.{0,60}druck
    fr  avant d'imprimer|imprimer ce (?:message|mail)
    es  antes de imprimir
    it  prima di stampare
    pt  antes de imprimir
""")
_SCANNED = any_of(r"""
    en  virus[- ]free|this e-?mail (?:has been|was) (?:checked|scanned)|has been scanned (?:by|for)
    xx  avast\.com|avg\.com
""")
# What only a program writes: people ask to be unsubscribed, programs say how.
_OFFER = any_of(r"""
    en  to (?:unsubscribe|opt[- ]out|stop receiving)|click here to
    en  you (?:are )?receiv(?:ed|ing) this (?:e-?mail|message|because)|you're receiving this
    en  reply to this e-?mail (?:directly|to respond)
    en  view it on github|manage your (?:e-?mail )?(?:preferences|subscription)|^unsubscribe$|^visit topic\b
    en  ^\S{1,40} mailing list(?: info)?$
""")
# The same word in a person's sentence is a wish: only beside a link is it an offer.
_BESIDE_LINK = any_of(r"""
    en  unsubscribe|preferences|opt[- ]out
    de  abmelden|abbestellen
    fr  d[ée]sabonner|d[ée]sinscri
    es  cancelar (?:la |a )?suscripci|darse de baja
    pt  cancelar (?:a )?inscri
    it  annulla(?:re)? l'iscrizione|disiscri
    nl  afmelden|uitschrijven
    pl  wypisz|anuluj subskrypcj
    cs  odhlásit
    ru  отписаться
    uk  відписатися
    sv  avregistrera|avsluta prenumeration
    da  afmeld
    no  avmeld
    fi  peruuta tilaus
    tr  abonelikten
    hu  leiratkoz
    ro  dezabon
    el  διαγραφ
    ja  配信停止
    zh  退订|取消订阅
    ko  수신거부
""")
_LINK = re.compile(r"https?://|www\.|mailto:", re.IGNORECASE)
_LIST = re.compile(r"mailing list|/mailman/|@lists?\.|groups\.google\.com|unsubscribe", re.IGNORECASE)


def is_banner(paragraph: Sequence[str]) -> bool:
    """Whether the first paragraph of a mail is a warning that a server put above the text."""
    text = _on_one_line(paragraph)
    if _TAG.match(text) or (len(text) <= MAX_BANNER_CHARS and _OUTLOOK_TIP.search(text)):
        return True
    if len(text) > MAX_BANNER_CHARS or len(paragraph) > MAX_BANNER_LINES:
        return False
    return bool(_BANNER_START.match(text)) and bool(_BANNER_WORDS.search(text))


def banner_end(lines: Sequence[str]) -> int:
    """Behind the line with which Proofpoint ends its banner, if the first lines have one; else 0."""
    return next((number + 1 for number, line in enumerate(lines[:40]) if _BANNER_END.match(line)), 0)


def is_disclaimer(lines: Sequence[str]) -> bool:
    """Whether `lines` are what lawyers append. One of their words is not enough: customers use them too."""
    text = _on_one_line(lines)[:3000]
    if _PRINTING.search(text[:200]):
        return True
    words = {word.lower() for word in _DISCLAIMER_WORDS.findall(text)}
    return bool(_DISCLAIMER_START.match(text)) and len(words) > 1


def is_footer_line(line: str) -> bool:
    """Whether a line says what only programs say: how to unsubscribe, that it was scanned."""
    line = line.strip()
    if len(line) > 500:
        return False
    is_offer = bool(_OFFER.search(line)) or (bool(_BESIDE_LINK.search(line)) and bool(_LINK.search(line)))
    return is_offer or bool(_SCANNED.search(line))


def names_list(lines: Sequence[str]) -> bool:
    """Whether `lines`, below a rule, are how a mailing list signs."""
    return any(_LIST.search(line[:300]) for line in lines)


def _on_one_line(lines: Sequence[str]) -> str:
    return " ".join(" ".join(lines[:100]).split())
