"""Recognises what mail servers and companies put around a text: warnings above, disclaimers and footers below."""

from __future__ import annotations

from collections.abc import Sequence

from channels.email.reading.patterns import any_of, beginning_with

MAX_BANNER_CHARS = 700
MAX_BANNER_LINES = 8
MIN_DISCLAIMER_CHARS = 40


_BANNER_START = beginning_with(r"""
    en  caution|warning|attention|external|important|security notice|be careful|ext(?:ernal)?\]
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
    en  originated (?:from )?outside|(?:from|by) (?:an )?(?:external|outside|unknown|untrusted)
    en  external (?:sender|e-?mail|source|message|mail)
    en  outside (?:of )?(?:the |your |our )?(?:organi[sz]ation|company|network)
    en  do(?: not|n't) (?:click|open)|unless you recogni[sz]e|don't often get e?mail|learn why this is important
    en  aka\.ms/learnabout|verify the sender|suspicious
    de  von (?:außerhalb|ausserhalb|extern)|externe[nrm]? (?:absender|e-?mail|quelle|organisation)
    de  keine links|klicken sie (?:nicht|auf keine)
    fr  provient de l'ext|expéditeur externe|ne cliquez pas|extérieur de
    es  remitente externo|fuera de (?:la|su) organizaci|no haga clic
    it  mittente esterno|dall'esterno|non (?:fare clic|cliccare)
    pt  remetente externo|fora da organiza|não clique
    nl  externe afzender|buiten (?:de|uw) organisatie|klik niet
    pl  spoza organizacji|nie klikaj
    ru  внешн|не (?:переходите|открывайте)
    sv  externt|utanför organisationen
    da  eksternt|uden for
    no  utenfor
    fi  ulkopuol
""")
_DISCLAIMER_START = beginning_with(r"""
    en  (?:this|the|any|information in this) .{0,40}(?:e-?mail|message|communication|transmission)
    en  important(?: notice)?\b|confidential|disclaimer|legal notice|privacy|notice:
    en  please consider|think before|before printing|p\s?please consider
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
    da  denne (?:e-?post|mail|besked|melding)
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
    en  disclaimer|unauthori[sz]ed|think before (?:you )?print|consider the environment|before printing
    en  virus[- ]free|scanned (?:by|for)|avast|antivirus
    de  vertraulich|rechtlich geschützt|nicht der (?:richtige|beabsichtigte|vorgesehene)|irrtümlich|unbefugte|umwelt
    fr  confidentiel|destinataire|exclusivement|imprimer ce
    es  confidencial|destinatari[oa]|privilegiad
    it  riservat[eoi]
    nl  vertrouwelijk|geadresseerde
    pl  poufn[eay]|adresat
    cs  důvěrn
    ru  конфиденциальн|адресат
    sv  konfidentiell
    da  fortroli
    fi  luottamuksel
    tr  gizli
    hu  bizalmas
    ja  機密
    zh  机密
    ko  보안|비밀
""")
_FOOTER = any_of(r"""
    en  unsubscribe|opt[- ]out|manage (?:your )?(?:email )?(?:preferences|subscription)|mailing list(?: info)?$
    en  you (?:are )?receiv(?:ed|ing) this|you're receiving this|to stop receiving|visit topic|view it on github
    en  reply to this email|virus[- ]free|this e-?mail (?:has been|was) (?:checked|scanned)|sent through the
    de  abmelden|abbestellen
    fr  se d[ée]sabonner|d[ée]sinscri
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
    xx  ^_{5,}$|/mailman/listinfo|@lists?\.|groups\.google\.com|avast\.com|avg\.com
""")


def is_banner(paragraph: Sequence[str]) -> bool:
    """Whether the first paragraph of a mail is a warning that a server put above the text."""
    text = _on_one_line(paragraph)
    if len(text) > MAX_BANNER_CHARS or len(paragraph) > MAX_BANNER_LINES:
        return False
    return bool(_BANNER_START.match(text)) and bool(_BANNER_WORDS.search(text))


def is_disclaimer(lines: Sequence[str]) -> bool:
    text = _on_one_line(lines)[:3000]
    is_long = len(text) > MIN_DISCLAIMER_CHARS
    return is_long and bool(_DISCLAIMER_START.match(text)) and bool(_DISCLAIMER_WORDS.search(text))


def is_footer_line(line: str) -> bool:
    """Whether a line offers to unsubscribe, names a mailing list, or the like."""
    return len(line) <= 500 and bool(_FOOTER.search(line.strip()))


def _on_one_line(lines: Sequence[str]) -> str:
    return " ".join(" ".join(lines[:100]).split())
