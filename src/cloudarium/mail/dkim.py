"""DKIM (RFC 6376): keys, the record that tells the public half, and the signature of a mail."""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_SIGNED = (
    "from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type", "reply-to",
    "content-transfer-encoding",
)  # fmt: skip
_SPACE = re.compile(rb"[ \t]+")


def new_key(bits: int = 2048) -> str:
    """A private key as base64 of its DER form: takes a tenth of a second, so not on the event loop."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    return base64.b64encode(der).decode()


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


def sign(raw: bytes, domain: str, selector: str, private: str, now: float) -> bytes:
    """The mail (lines end in CRLF) with a signature in front, relaxed/relaxed over SHA-256."""
    head, _, body = raw.partition(b"\r\n\r\n")
    headers = _headers(head)
    body_hash = base64.b64encode(hashlib.sha256(_relaxed_body(body)).digest()).decode()
    signed, lines = [], []
    for name in _SIGNED:
        # The last header of a name is signed first (section 5.4.2); all of them are, so that none can be added.
        for key, value in reversed([each for each in headers if each[0] == name]):
            signed.append(key)
            lines.append(_relaxed_header(key, value))
    unsigned = (
        f"v=1; a=rsa-sha256; q=dns/txt; c=relaxed/relaxed; s={selector}; d={domain}; t={int(now)};"
        f" h={':'.join(signed)}; bh={body_hash}; b="
    )
    text = b"".join(line + b"\r\n" for line in lines) + _relaxed_header("dkim-signature", b" " + unsigned.encode())
    signature = base64.b64encode(read_key(private).sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
    folded = unsigned.replace("; ", ";\r\n\t") + "\r\n\t ".join(
        signature[place : place + 70] for place in range(0, len(signature), 70)
    )
    return f"DKIM-Signature: {folded}\r\n".encode() + raw


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


def _relaxed_body(body: bytes) -> bytes:
    if b"\t" in body or b"  " in body:  # the base64 of large attachments has neither
        body = _SPACE.sub(b" ", body)
    short = body.replace(b" \r\n", b"\r\n").rstrip(b"\r\n ")
    return short + b"\r\n" if short else b""
