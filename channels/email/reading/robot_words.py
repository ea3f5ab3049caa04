"""How autoresponders speak that mark their mail in no other way.

People quote such sentences, and write near them: so one alone proves little, and whoever asks takes it for no more
than a reason to let a person look.
"""

from __future__ import annotations

from channels.email.reading.patterns import any_of

MAX_CHARS = 2_000

_WORDS = any_of(r"""
    en  this (?:is|was) an? (?:automat(?:ed|ic)|auto-?generated|system[- ]generated) (?:e-?mail|message|reply|response)
    en  (?:do not|don't|please do not) (?:reply|respond) to this (?:automat\w+ )?(?:e-?mail|message|mail)
    en  this (?:mailbox|inbox|address|e-?mail address) is not (?:monitored|attended|read|checked)
    en  (?:thank you|thanks) for (?:contacting|reaching out to|writing to|e-?mailing) .{2,200}\b(?:number|id|no\.|#)
    en  we have received your (?:e-?mail|message|request|enquiry|inquiry)
    en  (?:we|our team) will (?:get back|reply|respond) (?:to you )?(?:as soon as|within \d|shortly)
    en  a (?:support )?ticket has been (?:created|opened)
    en  your (?:request|ticket|case) \(?#?[\w-]{2,20}\)? has been (?:received|created|opened)
    en  i am (?:currently )?(?:out of (?:the )?office|on (?:\w+ )?leave|on vacation)\b
    de  dies(?:e(?:s)?)? (?:ist|e-?mail (?:ist|wurde)|nachricht (?:ist|wurde)).{0,30}automatisch
    de  (?:bitte )?antworten sie (?:bitte )?nicht auf diese|ihre (?:anfrage|nachricht|e-?mail) ist bei uns eingegangen
    de  ich bin (?:derzeit|zurzeit|momentan|aktuell|bis|vom).{0,60}(?:nicht im|abwesend|im urlaub|nicht erreichbar)
    fr  ce(?:ci est un)? (?:message|mail|courriel) (?:est |a été )?(?:généré |envoyé )?automatique
    fr  (?:merci de |veuillez )ne pas répondre à ce|nous avons bien reçu votre (?:message|demande|mail)
    fr  je suis (?:actuellement )?(?:absente?|en congés?)
    es  (?:este es un |es un )?(?:mensaje|correo) (?:generado )?autom[áa]tic|(?:por favor,? )?no responda a este
    es  hemos recibido su (?:mensaje|solicitud|correo)|(?:estoy|estaré) (?:fuera de la oficina|de vacaciones)
    it  (?:messaggio|e-?mail) (?:generat[oa] )?automatic|(?:si prega di )?non rispondere a quest
    it  abbiamo ricevuto la (?:sua|tua) richiesta
    it  sono (?:attualmente )?(?:fuori ufficio|in ferie|assente)
    pt  (?:mensagem|e-?mail) (?:gerad[oa] )?autom[áa]tic|(?:por favor,? )?não responda a est
    pt  recebemos (?:a )?(?:sua|seu) (?:mensagem|solicitação|pedido|e-?mail)
    nl  dit is een automatisch|(?:gelieve )?niet te antwoorden op
    nl  wij hebben uw (?:bericht|vraag|e-?mail) (?:goed )?ontvangen
    pl  (?:to jest )?wiadomość (?:została )?(?:wygenerowana )?automatyczn|prosimy nie odpowiadać na
    sv  detta är ett automatiskt|svara inte på detta
    da  dette er en automatisk|svar ikke på denne
    fi  tämä on automaattinen|älä vastaa tähän
    cs  tato zpráva (?:byla|je) (?:vygenerována )?automaticky|neodpovídejte na
    tr  bu (?:e-?posta|ileti|mesaj) otomatik
    ru  это (?:письмо|сообщение) (?:создано |сформировано |отправлено )?автоматически|не отвечайте на это
    ja  このメールは自動|自動(?:送信|返信)(?:メール|され)
    zh  (?:这是|此邮件|本邮件|此郵件|本郵件).{0,10}(?:自动|自動|系统|系統)
    ko  자동(?:으로)? (?:발송|회신|생성)된
""")


def reads_automatic(text: str) -> bool:
    """Whether a program may well have written the new text of a mail."""
    return bool(_WORDS.search(text[:MAX_CHARS].replace("\n", " ")))
