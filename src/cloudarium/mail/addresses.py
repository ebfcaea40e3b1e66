"""Mail addresses: reading them, and what may not stand in one."""

from __future__ import annotations

import re
from email.header import Header
from email.utils import formataddr, getaddresses
from typing import NamedTuple

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}")
_DOMAIN = re.compile(
    r"(?=.{4,253}\Z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 320


class Address(NamedTuple):
    """A mailbox: what is shown, and where mail goes."""

    name: str
    email: str

    @property
    def domain(self) -> str:
        """What stands behind the at sign, in lower case."""
        return self.email.rpartition("@")[2].lower()

    def header(self) -> str:
        """As it stands in a header: a name that is not ASCII is encoded."""
        if self.name.isascii():
            return formataddr((self.name, self.email))
        return f"{Header(self.name, 'utf-8').encode(maxlinelen=10**6)} <{self.email}>"


class NoAddress(ValueError):
    """The text is no address; says why in SES's words."""


def is_domain(text: str) -> bool:
    """Whether a text can be a domain."""
    return _DOMAIN.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Whether a text is a bare mail address."""
    return len(text) <= _LONGEST and _ADDRESS.fullmatch(text) is not None


def read(text: str) -> Address:
    """`Name <a@b.com>` or `a@b.com`. Raises NoAddress, also for what would begin a new header."""
    if _CONTROL.search(text):
        raise NoAddress("Illegal address: control characters are not allowed")  # a line break begins a new header
    if not text.strip():
        raise NoAddress("Missing final '@domain'")
    found = getaddresses([text])
    if len(found) != 1:
        raise NoAddress("Illegal address")
    name, email = found[0]
    if "@" not in email:
        raise NoAddress("Missing final '@domain'")
    if not email.isascii():
        # The local part must be ASCII; a domain may be written in its own script and is sent in punycode.
        local, _, domain = email.rpartition("@")
        if not local.isascii():
            raise NoAddress("Local address contains control or whitespace")
        try:
            email = f"{local}@{domain.encode('idna').decode()}"
        except UnicodeError as error:
            raise NoAddress("Domain contains illegal character") from error
    if not is_address(email):
        local, _, domain = email.rpartition("@")
        raise NoAddress("Missing local name" if not local else "Domain contains illegal character")
    return Address(name, email)


def unlabelled(email: str) -> str:
    """The address without its label: user+shop@example.com belongs to who verified user@example.com."""
    local, _, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
