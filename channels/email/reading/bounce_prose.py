"""Bounces that are written as prose: qmail, Exim, old Sendmail, Exchange, the big webmail hosts and their kin.

No rule names a server. What they share: a sentence that says so, the recipient on a line of its own or in angle
brackets, the remote server's words beside it, and at the end the mail that came back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from channels.email.mail import BounceAction, BounceRecipient
from channels.email.reading.addresses import canonical
from channels.email.reading.bounce_reasons import STATUS, Reason, described, reason_of
from channels.email.reading.patterns import any_of

MAX_CHARS = 60_000
MAX_RECIPIENTS = 100


@dataclass(frozen=True, slots=True)
class Prose:
    """What the text of a bounce says, before it is interpreted."""

    recipients: tuple[BounceRecipient, ...] = ()
    diagnostic: str = ""
    is_delay: bool = False
    status_fields: str = ""  # a status report that somebody put into the text
    returned_fields: tuple[tuple[str, str], ...] = field(default=())

    @property
    def has_recipients(self) -> bool:
        return bool(self.recipients or self.status_fields)


_RETURNED = re.compile(
    r"^[> |]{0,4}(return-path|received|message-id|delivered-to|from|to|cc|subject|date|mime-version|dkim-signature"
    r"|reply-to|sender|content-type|references|in-reply-to|x-mailer|x-originating-ip|list-id|x-received)"
    r"[ \t]*:[ \t]*(.*)$",
    re.IGNORECASE,
)
_ANY_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]*(.*)$")
_LEADS_TO_RETURNED = re.compile(
    r"^[- \t*_]{0,60}(?:below this line is|this is a copy of"
    r"|(?:your )?(?:original|returned|unsent) (?:message|mail|headers?)"
    r"|(?:the )?(?:original )?(?:message|mail) (?:headers?|text)? ?(?:follow|below)|message headers"
    r"|a copy of (?:the|your) (?:original )?(?:message|mail)|start of (?:forwarded|returned|original))",
    re.IGNORECASE,
)
_STATUS_FIELD = re.compile(
    r"^(?:reporting-mta|final-recipient|original-recipient|original-envelope-id|arrival-date)[ \t]*:", re.IGNORECASE
)
_LOCAL = r"[^\s<>@:;,()\[\]\"'=]{1,128}"
_DOMAIN_EDGE = r"[A-Za-z0-9\u0080-\uffff]"
_ADDRESS = rf"{_LOCAL}@{_DOMAIN_EDGE}(?:[A-Za-z0-9\u0080-\uffff.-]{{0,250}}{_DOMAIN_EDGE})?"
_ON_ITS_LINE = re.compile(
    rf"^[ \t>|*-]{{0,12}}(?:\d[.)][ \t]+)?(?:(?:to|recipient|e-?mail|address|user|mailbox|rcpt)[ \t:]{{1,4}})?"
    rf"[<(\[\"']?(?:mailto:|smtp:|rfc822;)?[ \t]?({_ADDRESS})[>)\]\"']{{0,2}}[.,;:]?[ \t]*(.{{0,300}})$",
    re.IGNORECASE,
)
_IN_COMMAND = re.compile(rf"rcpt to:[ \t]*<?({_ADDRESS})", re.IGNORECASE)
_IN_SENTENCE = re.compile(
    rf"\b(?:to|recipients?|address(?:es)?|users?|mailbox(?:es)?|for|account|message|e-?mail|id)"
    rf"[ \t:=<(\[\"'`«]{{1,6}}({_ADDRESS})",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(_ADDRESS)
_EXPLAINS = re.compile(
    r"^[(\[<:.\- ]*$|\b[45]\d\d\b|[45]\.\d\.\d|unknown|not|no such|fail|error|reject|invalid|refus|full|exceed|unrout"
    r"|reason|denied|deliver|disabled|expired|host|smtp|\.\.\.",
    re.IGNORECASE,
)
_SUBJECT = any_of(r"""
    en  undeliver|non-?deliver|not deliver|unable to deliver|could ?n[o']t (?:be )?(?:send|sent|deliver)
    en  delivery (?:status|failure|failed|has failed|report|notification|problem|error|delay|incomplete|warning)
    en  delivery unsuccessful|deliver(?:y|ed)? (?:to .{1,80} )?(?:has |was )?(?:failed|delayed)|delivery.{0,30}fail
    en  returned (?:e?mail|to sender|message)|failure (?:notice|delivery)|failed (?:delivery|mail)|bounce
    en  (?:e-?mail|message|mail) (?:delivery|returned|status|error|could|not|failed|system error|undeliverable)
    en  notification.{0,20}fail|user unknown|postmaster notify|error sending|warning: (?:could not|message)
    en  rejected|denied post|mail system
    de  unzustellbar|nicht zugestellt|zustell(?:ung|fehler|ungs)|fehlgeschlagen
    fr  non remis|échec de (?:la )?(?:remise|distribution)|notification.{0,20}d'état
    es  no se ha podido|no se pudo entregar|devuelto|error de entrega
    it  mancata (?:consegna|recapito)|impossibile recapitare
    pt  não (?:foi )?entreg|falha na entrega
    nl  onbestelbaar|niet afgeleverd
    ru  недостав|не доставлен|не удалось доставить
    pl  niedostarcz|nie dostarczon
    sv  kunde inte levereras|olevererad
    da  kunne ikke leveres|ikke leveret
    fi  ei toimitettu
    cs  doručen
    tr  teslim edilem
    hu  kézbesít
    ja  配信|配送|送信できません|エラー
    zh  退信|退回|投递失败|無法傳遞|无法投递
    ko  반송|전송 실패
""")
_TEXT = any_of(r"""
    en  (?:could|can|was|were|has|have|did)(?: ?n[o']t| not|not)(?: \w+){0,3} (?:be )?(?:deliver|reach|sen[dt]|process)
    en  (?:could|can|was|were|has|have|did)(?: ?n[o']t| not|not)(?: \w+){0,3} (?:be )?(?:accept|relay)
    en  (?:unable|failed|impossible) to (?:deliver|send|relay|connect|find)
    en  deliver\w* (?:to .{1,200} )?(?:\w+ )?(?:failed|problem|error)|undeliverable|undelivered|non-?delivery
    en  following (?:address|recipient|error|mail|user|destination|e-?mail|message|local)
    en  permanent(?:ly)? (?:fatal )?(?:error|fail)|giving up|gave up
    en  returned (?:to (?:the )?sender|below|message|mail|because|unopened)|rejected|delayed
    en  user unknown|unknown user|no such user|mailbox (?:is )?(?:full|unavailable|exceed)|over quota
    en  address(?:es)? (?:failed|had|was|not found)|(?:still being|will be) retried|will (?:keep|continue) trying
    en  (?:host|domain|user|account) .{0,60}not (?:found|exist|known)|does ?n[o']t exist|does not exist
    en  5\d\d[ -]+#?5\.\d\.\d|smtp error|diagnostic|remote host said|said:|<<< [45]\d\d
    en  message (?:was|has been) (?:blocked|refused|rejected)
    de  zugestellt werden
    fr  n'a pas pu être
    es  no se pudo
    pt  não pôde
    it  non è stato possibile
    ru  не удалось
    ja  なかった|できません|届け
    zh  未能|无法|無法
""")
_STRONG = any_of(r"""
    en  this is the (?:qmail|mail|postfix|exim|sendmail|machine)|mail delivery (?:sub)?system|mailer-daemon
    en  created automatically by mail|delivery to the following recipients? (?:has )?failed
    en  the following addresses had|did not reach the following recipient|message (?:that )?you sent (?:could not|to)
    en  your message (?:to .{1,100} )?(?:could not|cannot|can't|was not|wasn't|did not)|delivery has failed
    en  transcript of session follows|unable to deliver (?:your|the|this) message|undeliverable (?:mail|message|to)
    en  message could not be delivered|the mail system|delivery status notification|final-recipient:
""")
_DELAY = any_of(r"""
    en  (?:has|have|was|were|been|is|delivery|temporarily) (?:\w+ )?(?:delayed|deferred)|delivery (?:is )?delay
    en  still (?:trying|being|in the)|will (?:keep|continue|be|try)[^.]{0,40}(?:try|retr|attempt)
    en  not (?:yet )?been (?:yet )?delivered|not yet (?:been )?deliver|warning: (?:message|could)|warning message only
    en  do not need to resend|you do not need to
""")
_GIVEN_UP = any_of(r"""
    en  giv(?:ing|en) up|gave up|permanent(?:ly)? (?:fatal )?(?:error|fail)|has failed|could not be delivered
    en  undeliverable|has been returned|will not be (?:retried|sent)|delivery (?:has )?failed|too long
""")


def read(text: str) -> Prose:
    """What the text says; empty values for what it does not."""
    lines = [line[:2000] for line in text[:MAX_CHARS].split("\n")]
    start = _returned_at(lines)
    head = lines[:start]
    words = "\n".join(head)
    is_delay = bool(_DELAY.search(words)) and not _GIVEN_UP.search(words)
    status_at = next((number for number, line in enumerate(lines) if _STATUS_FIELD.match(line)), None)
    return Prose(
        tuple(_recipients(head, lines, is_delay=is_delay)),
        " ".join(words.split())[:3000],
        is_delay,
        "\n".join(lines[status_at : status_at + 400]) if status_at is not None else "",
        tuple(_returned_fields(lines[start : start + 300])),
    )


def has_wording(subject: str, text: str) -> bool:
    """Whether subject and text together sound like a server that could not deliver."""
    start = text[:6000]
    if subject and _SUBJECT.search(subject[:300]):
        return bool(_TEXT.search(start)) or not start.strip() or "@" in start
    return bool(_STRONG.search(start))


def tells_failure(text: str) -> bool:
    """Whether the text tells, in whatever words, that something was refused: enough only from a mail server."""
    return bool(_TEXT.search(text[:6000]))


def _returned_at(lines: list[str]) -> int:
    """Where the returned mail begins: behind a line that says so, or with three different fields close together."""
    for number, line in enumerate(lines):
        if number and _LEADS_TO_RETURNED.match(line):
            return number
        if not _RETURNED.match(line):
            continue
        near = (_RETURNED.match(following) for following in lines[number : number + 14])
        names = {match[1].lower() for match in near if match}
        if len(names) >= 3:
            return number
    return len(lines)


def _returned_fields(lines: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if lines and _LEADS_TO_RETURNED.match(lines[0]):
        lines = lines[1:]
    for line in lines:
        match = _RETURNED.match(line) or _ANY_FIELD.match(line)
        if match:
            found.append((match[1].lower(), match[2].strip()))
        elif found and line[:1] in (" ", "\t"):
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        elif found and not line.strip():
            break
    return found


def _recipients(head: list[str], lines: list[str], *, is_delay: bool) -> list[BounceRecipient]:
    places = _places(head, lines)
    ends = [number for number, _ in places[1:]] + [len(head)] * bool(places)
    action = BounceAction.DELAYED if is_delay else None
    found: dict[str, BounceRecipient] = {}
    for (number, address), end in zip(places, ends, strict=True):
        words = " ".join(" ".join(head[number : max(end, number + 1)][:15]).split())
        if not _has_reason(words.replace(address, "", 1)):
            words = " ".join(" ".join(head).split())[:3000]
        key = canonical(address)
        if key not in found:
            found[key] = described(key, "", words.replace(address, "", 1), action=action)
    return list(found.values())


def _has_reason(words: str) -> bool:
    return reason_of("", words) is not Reason.UNKNOWN or STATUS.search(words) is not None


def _places(head: list[str], lines: list[str]) -> list[tuple[int, str]]:
    """Line numbers and addresses of the recipients, from the surest way of naming them to the vaguest."""
    own_lines = [
        (number, match[1])
        for number, line in enumerate(head)
        if (match := _ON_ITS_LINE.match(line)) and _EXPLAINS.search(match[2]) and not _is_server(match[1])
    ]
    if own_lines:
        return own_lines[:MAX_RECIPIENTS]
    for pattern, where in ((_IN_COMMAND, lines[:200]), (_IN_SENTENCE, head), (_ANYWHERE, head)):
        found = [
            (min(number, len(head) - 1), address)
            for number, line in enumerate(where)
            for address in pattern.findall(line[:500])
            if head and not _is_server(address)
        ]
        if found:
            return found[:1] if pattern is _ANYWHERE else found[:5]
    return []


def _is_server(address: str) -> bool:
    return address.lower().startswith(("postmaster@", "mailer-daemon@", "abuse@", "support@", "helpdesk@"))
