"""DKIM (RFC 6376): keys, the record that tells the public half, and the signature of a mail."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_SIGNED = (
    "from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type", "reply-to",
    "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
_SPACE = re.compile(rb"[ \t]+")
_PIECE = 256 * 1024


def new_key(bits: int = 2048) -> str:
    """A private key as base64 of its DER form: takes a tenth of a second, so not on the event loop."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    return base64.b64encode(der).decode()


@lru_cache(maxsize=256)
def read_key(text: str) -> rsa.RSAPrivateKey:
    """The key of its base64 form (PKCS #1 or #8). Raises ValueError."""
    try:
        key = serialization.load_der_private_key(base64.b64decode(text, validate=True), None)
    except Exception as error:
        raise ValueError("not a private key") from error
    if not isinstance(key, rsa.RSAPrivateKey) or not 1024 <= key.key_size <= 2048:
        raise ValueError("not an RSA key of 1024 to 2048 bits")
    return key


def record(private: str) -> str:
    """The TXT record of the public half."""
    public = read_key(private).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


class Signer(NamedTuple):
    """Who signs: the domain, the selector of its key, and the private key."""

    domain: str
    selector: str
    private: str


def sign(raw: bytes, signers: list[Signer], now: float) -> bytes:
    """The mail (lines end in CRLF) with their signatures in front, relaxed/relaxed over SHA-256."""
    head, _, body = raw.partition(b"\r\n\r\n")
    headers = _headers(head)
    digest = hashlib.sha256()
    for piece in _relaxed_body(body):
        digest.update(piece)
    body_hash = base64.b64encode(digest.digest()).decode()
    names, lines = [], []
    for name in _SIGNED:
        # The last header of a name is signed first (section 5.4.2); all of them are, so that none can be added.
        for key, value in reversed([each for each in headers if each[0] == name]):
            names.append(key)
            lines.append(_relaxed_header(key, value))
    text = b"".join(line + b"\r\n" for line in lines)
    return b"".join(_signature(each, names, text, body_hash, now) for each in signers) + raw


def _signature(signer: Signer, names: list[str], text: bytes, body_hash: str, now: float) -> bytes:
    unsigned = (
        f"v=1; a=rsa-sha256; q=dns/txt; c=relaxed/relaxed; s={signer.selector}; d={signer.domain}; t={int(now)};"
        f" h={':'.join(names)}; bh={body_hash}; b="
    )
    whole = text + _relaxed_header("dkim-signature", b" " + unsigned.encode())
    signature = base64.b64encode(read_key(signer.private).sign(whole, padding.PKCS1v15(), hashes.SHA256())).decode()
    folded = unsigned.replace("; ", ";\r\n\t") + "\r\n\t ".join(
        signature[place : place + 70] for place in range(0, len(signature), 70)
    )
    return f"DKIM-Signature: {folded}\r\n".encode()


def _headers(head: bytes) -> list[tuple[str, bytes]]:
    """(name in lower case, value with its folds) of each header."""
    found: list[tuple[str, bytes]] = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and found:
            found[-1] = (found[-1][0], found[-1][1] + b"\r\n" + line)
        else:
            name, _, value = line.partition(b":")
            found.append((name.decode("latin-1").strip().lower(), value))
    return found


def _relaxed_header(name: str, value: bytes) -> bytes:
    unfolded = value.replace(b"\r\n", b"")
    return name.encode("latin-1") + b":" + _SPACE.sub(b" ", unfolded).strip()


def _relaxed_body(body: bytes) -> Iterator[bytes]:
    """The body in pieces that end with a line: between two of them other threads have a turn."""
    body = body.rstrip(b"\r\n \t")
    start = 0
    while start < len(body):
        end = body.find(b"\r\n", start + _PIECE) + 2
        piece = body[start:end] if end > 1 else body[start:] + b"\r\n"
        start = end if end > 1 else len(body)
        if b"\t" in piece or b"  " in piece:  # the base64 of large attachments has neither
            piece = _SPACE.sub(b" ", piece)
        yield piece.replace(b" \r\n", b"\r\n")
