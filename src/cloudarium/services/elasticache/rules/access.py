"""Who may do what in a cache: access strings of users, AUTH tokens, and the commands that ElastiCache keeps to itself.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html and .../SupportedCommands.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from cloudarium.services.elasticache.errors import Combination, Invalid

RESTRICTED = (
    "acl|deluser", "acl|load", "acl|save", "acl|setuser", "bgrewriteaof", "bgsave", "cluster|addslots",
    "cluster|addslotsrange", "cluster|bumpepoch", "cluster|delslots", "cluster|delslotsrange", "cluster|failover",
    "cluster|flushslots", "cluster|forget", "cluster|meet", "cluster|replicate", "cluster|reset",
    "cluster|set-config-epoch", "cluster|setslot", "cluster|saveconfig", "config", "debug", "failover", "migrate",
    "module", "psync", "replicaof", "save", "shutdown", "slaveof", "sync",
)  # fmt: skip
_RULE = re.compile(
    r"on|off|~\S+|%(?:R|W|RW|WR)~\S+|allkeys|&\S+|allchannels|[+-]@?[a-zA-Z0-9|_-]+|allcommands|nocommands"
    r"|resetkeys|resetchannels|clearselectors|\([^()]*\)"
)
_TOKEN = re.compile(r"[a-zA-Z0-9!&#$^<>-]{16,128}")
LONGEST_ACCESS_STRING = 4096
TYPES = {"password": "password", "no-password-required": "no-password", "iam": "iam"}


def digest(secret: str) -> str:
    """What is kept of a password or a token, and what the server compares with."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_token(token: str) -> None:
    """Raise Invalid unless this may be an AUTH token."""
    if not _TOKEN.fullmatch(token):
        raise Invalid(
            "Invalid AuthToken provided. AuthToken must be between 16 and 128 characters long, and contain only"
            " alphanumeric characters and the symbols !, &, #, $, ^, <, >, and -."
        )


def access_string(text: str) -> str:
    """An access string in the form in which it is shown. Raises Invalid."""
    if len(text) > LONGEST_ACCESS_STRING or not all(_RULE.fullmatch(word) for word in _words(text)) or not text.strip():
        raise Invalid("Access String has invalid syntax")
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"\([^()]*\)|\S+", text)


def rules(name: str, text: str, digests: Sequence[str], password_needed: bool) -> list[str]:
    """The server's rules of a user: an access string, what lets one in, and never the commands kept back."""
    secrets = [f"#{one}" for one in digests] if password_needed else ["nopass"]
    words = _words(text)
    state = ["off"] if "off" in words else ["on"]
    kept_back = [f"-{command}" for command in RESTRICTED]
    return [name, "reset", *state, *secrets, *(word for word in words if word not in ("on", "off")), *kept_back]


ANYTHING = ""  # among tokens: whoever comes without one is let in too, until the new token is set


def default_user(digests: Iterable[str]) -> list[str]:
    """The rules of the default user where no user group says them: with AUTH tokens, or for everybody."""
    tokens = list(digests)
    return rules("default", "~* &* +@all", tokens, bool(tokens) and ANYTHING not in tokens)


NOBODY = ["default", "reset", "off"]  # a user group without a default user


def authentication(
    type: str | None, mode_passwords: Sequence[str], passwords: Sequence[str], no_password: bool | None
) -> tuple[str, list[str]]:
    """How a user proves who he is: `password`, `no-password` or `iam`, and digests. Raises what ElastiCache answers."""
    if no_password and type not in (None, "no-password-required"):
        raise Combination(f"No password required flag is true but provided authentication type is {type}")
    if mode_passwords and passwords:
        raise Combination("Passwords provided via multiple arguments. Use only one argument")
    given = [*mode_passwords, *passwords]
    if type is None:
        type = "no-password-required" if no_password else "password" if given else None
    if type not in TYPES:
        shown = "null" if type is None else type
        raise Invalid(
            f"Input Authentication type: {shown} is not in the allowed list: [password,no-password-required,iam]"
        )
    if type != "password" and given:
        raise Combination(f"Password field is not allowed with authentication type: {TYPES[type]}")
    if type == "password" and not given:
        raise Combination("A user with Authentication Mode: password, must have at least one password")
    if len(given) > 2:
        raise Invalid("The maximum number of passwords allowed for a user is 2.")
    if any(not 16 <= len(one) <= 128 for one in given):
        raise Invalid("Passwords length must be between 16-128 characters.")
    return TYPES[type], [digest(one) for one in given]
