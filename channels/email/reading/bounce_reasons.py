"""Why a server refused: from its enhanced status code (RFC 3463), or from its words where the code says nothing."""

from __future__ import annotations

import re
from enum import StrEnum

from channels.email.mail import BounceAction, BounceRecipient
from channels.email.reading.patterns import any_of

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY_CODE = re.compile(r"(?<![\d.-])([245]\d\d)(?=[ \-#:;,.]|$)(?!\.\d)")


class Reason(StrEnum):
    """As much as is needed to decide whether an address should ever be written to again."""

    NO_SUCH_USER = "no_such_user"
    NO_SUCH_DOMAIN = "no_such_domain"
    TAKES_NO_MAIL = "takes_no_mail"
    MOVED = "moved"
    FULL = "full"
    REFUSED = "refused"  # policy, spam, size, relaying, our own reputation: not the address' fault
    LATER = "later"
    UNKNOWN = "unknown"


_RECIPIENT = (
    r"(?:user|mailbox|account|recipient|address|addressee|e-?mail|alias|destinat\w+|local part|inbox|rcpt|customer)"
)
_IS_MISSING = (
    r"(?:not (?:found|exist|known|listed|recogni[sz]ed|valid|active|local|here|available)|unknown|invalid|inactive"
    r"|does(?: not|n't) (?:exist|have)|terminated|deleted|unavailable|discontinued|closed|no longer|expired"
    r"|undeliverable"
    r"|couldn't be found|could not be found|wasn't found|was not found|isn't (?:valid|known))"
)
_DEAD = {Reason.NO_SUCH_USER, Reason.NO_SUCH_DOMAIN, Reason.TAKES_NO_MAIL, Reason.MOVED}

# What the words say counts before what the code says: servers send 5.1.1 for full mailboxes and for spam.
# The first pattern that is found counts.
_PATTERNS = (
    (Reason.NO_SUCH_USER, any_of(r"en  recipient address rejected(?:: access denied|\.?\s*$)")),
    (
        # A reply to the text rather than to the address, and accounts that may come back.
        Reason.REFUSED,
        any_of(r"""
            en  after end of data|account .{0,40}(?:disabled|suspended|locked)
            en  (?:user|mailbox) (?:is )?(?:disabled|suspended)
        """),
    ),
    (
        Reason.FULL,
        any_of(r"""
            en  mailbox (?:is )?(?:full|exceed)|over ?quota|quota (?:is )?(?:exceed|full)
            en  exceed\w* .{0,40}(?:quota|storage)|insufficient (?:system )?(?:storage|disk)|out of storage
            en  (?:storage|disk|inbox|mail ?box|quota|message) ?(?:size |space |storage )?(?:limit )?(?:is )?exceed
            en  (?:storage|disk|inbox|mail ?box|quota) ?(?:size |space |storage )?(?:is )?(?:out of|full)
            en  too much mail data|mail folder is full|not enough (?:storage|disk|space)|no space left
        """),
    ),
    (
        Reason.REFUSED,
        any_of(r"""
            en  \bspam|\bvirus|blacklist|black list|blocklist|block list|\bdnsbl|\brbl\b|\bdmarc\b|\bspf\b|\bdkim\b
            en  reverse dns|ptr record|\bptr\b|reputation|unsolicited|banned|prohibited|policy|access denied|loop
            en  relay(?:ing)? (?:access )?(?:denied|not|prohibited|operation)|not (?:allowed|permitted) to relay
            en  unable to relay|we do not relay|authentication (?:is )?required|unauthenticated (?:sender|email)
            en  message (?:size|too large|too big|exceeds)|too large|size limit|content (?:rejected|filter)
            en  sender (?:address )?(?:rejected|denied|unknown|verif|refused|domain)|unrouteable sender
            en  sender address .{0,60}does not exist|sender verify failed|client host|from address|mail from
            en  not accept(?:ing)? mail from|your (?:ip|host)\b|helo|ehlo|cannot find your (?:hostname|reverse)
            en  too many (?:connections|recipients|messages|hops)
        """),
    ),
    (
        Reason.TAKES_NO_MAIL,
        any_of(r"""
            en  null ?mx|does not accept (?:any )?(?:e-?)?mail|never accepts? mail|no smtp service here
            en  (?:host|domain|system) .{0,40}(?:does not|doesn't) receive
            en  not (?:an? )?(?:active|valid) mail ?(?:host|domain|server)
        """),
    ),
    (
        Reason.MOVED,
        any_of(r"""
            en  (?:has |have )?moved to|no longer (?:at|in) this (?:address|company)
            en  new (?:e-?mail )?address is|replaced by
        """),
    ),
    (
        Reason.NO_SUCH_DOMAIN,
        any_of(r"""
            en  (?:host|domain|server|name)(?: name)? .{0,80}?(?:not found|unknown|does(?: not|n't) exist)
            en  (?:unknown|unrouteable|unroutable|invalid|bad|no such) (?:mail )?(?:host|domain)|nxdomain|host unknown
            en  domain (?:is )?(?:invalid|not exist)|no (?:mx|mail exchanger|such domain|route to host)
            en  unrouteable (?:mail )?domain|couldn't find any host|cannot find (?:the )?domain|name service error
            en  all relevant mx records point to non-exist|illegal host/domain
            en  can't connect to .{0,60}name server|domain .{0,60}(?:couldn't|could not) be found
        """),
    ),
    (
        Reason.NO_SUCH_USER,
        any_of(
            rf"en  {_RECIPIENT}(?:'s)?(?: name| account| address| mailbox| id| email)?(?: \S{{1,320}})? ?"
            rf"(?:is |was |has been |you entered )?{_IS_MISSING}"
        ),
    ),
    (
        Reason.NO_SUCH_USER,
        any_of(r"""
            en  (?:no such|unknown|invalid|bad|non-?existent|not a valid|not a known|inactive|no) (?:local )?user
            en  (?:no such|unknown|invalid|bad|non-?existent|not a valid|not a known|inactive|no) (?:mailbox|account)
            en  (?:no such|unknown|invalid|bad|non-?existent|not a valid|not a known|no) (?:recipient|rcpt|address)
            en  (?:no such|unknown|invalid|bad|non-?existent|not a valid|no) (?:destination|alias|person|e-?mail)
            en  no mailbox (?:here )?by that name|user .{0,100}(?:not|doesn't|does not) |mailbox unavailable
            en  not our customer|there is no (?:such )?(?:user|mailbox|account|one)|doesn't have an? .{0,40}account
            en  does not exist|unrouteable address|couldn't find .{0,80}mailbox|can't verify recipient
            en  recipient(?: address)? rejected: (?:user|access|unknown|invalid|undeliverable|no)
            en  address (?:unknown|not known|invalid)|wasn't found at|no account by that name|550 unknown
            en  delivery error: dd .{0,200}doesn't have|invalid final delivery user
            en  not listed in (?:public )?(?:name|domino)
        """),
    ),
    (
        Reason.LATER,
        any_of(r"""
            en  timed? ?out|connection (?:refused|lost|reset|timed)|try again|temporar|too long|will be retried|defer
            en  retry time(?:out)? exceeded|greylist|grey-list|network is unreachable|resources temporarily
        """),
    ),
)

_BY_STATUS = {
    "5.1.1": Reason.NO_SUCH_USER,
    "5.1.2": Reason.NO_SUCH_DOMAIN,
    "5.1.3": Reason.NO_SUCH_USER,
    "5.1.4": Reason.NO_SUCH_USER,
    "5.1.6": Reason.MOVED,
    "5.1.10": Reason.NO_SUCH_USER,
    "5.2.2": Reason.FULL,
    "5.3.2": Reason.TAKES_NO_MAIL,
    "5.4.4": Reason.NO_SUCH_DOMAIN,
}


def described(address: str, status: str, diagnostic: str, *, action: BounceAction | None = None) -> BounceRecipient:
    """A recipient, with what follows from status and the server's words."""
    in_words = STATUS.search(diagnostic)
    if in_words and (not status or status.endswith(".0.0") or status.startswith("4") != in_words[1].startswith("4")):
        status = in_words[1]
    code = _REPLY_CODE.search(diagnostic)
    if action is None:
        is_transient = status.startswith("4") or (not status and code is not None and code[1].startswith("4"))
        action = BounceAction.DELAYED if is_transient else BounceAction.FAILED
    reason = reason_of(status, diagnostic)
    is_failed = action is BounceAction.FAILED
    is_transient_code = code is not None and code[1].startswith("4") and not status.startswith("5")
    return BounceRecipient(
        address,
        action,
        status,
        code[1] if code else "",
        diagnostic[:1000].strip(),
        is_permanent=is_failed,
        is_dead_address=is_failed and reason in _DEAD and not is_transient_code and not status.startswith("4"),
    )


def reason_of(status: str, words: str) -> Reason:
    """The reason, from the words first. `status` is an enhanced status code or empty."""
    by_words = _by_words(words[:2000])
    by_status = _BY_STATUS.get(status, Reason.UNKNOWN)
    if status.startswith(("5.7.", "4.7.", "5.6.", "5.3.4")):
        return Reason.REFUSED
    if status in ("5.0.0", "5.2.0") and by_words is Reason.NO_SUCH_USER:
        return Reason.UNKNOWN  # said by filters too, of addresses that work for other senders
    if by_words in (Reason.FULL, Reason.REFUSED, Reason.TAKES_NO_MAIL) or by_status is Reason.UNKNOWN:
        return by_words
    return by_status


def _by_words(words: str) -> Reason:
    return next((reason for reason, pattern in _PATTERNS if pattern.search(words)), Reason.UNKNOWN)
