"""Signatures of messages: one key per cloud, whose certificate is served where SigningCertURL says.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

from cloudarium.cloud import Cloud
from cloudarium.gateway.certificates import Authority
from cloudarium.services.sns.records import messages
from cloudarium.services.sns.records.messages import Signing

NAME = "sns.amazonaws.com"
_KEEP = "sns signing"
_LIFE = timedelta(days=3650)
_REST = timedelta(days=30)  # what is nearer to its end than this is made anew
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_HASHES: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - AWS's version 1


class Signer:
    """The key of this cloud and the name of its certificate's file; signatures of the last messages are remembered."""

    def __init__(self, kept: Signing) -> None:
        key = serialization.load_pem_private_key(kept.key, None)
        assert isinstance(key, RSAPrivateKey)
        self._key = key
        self.file = f"SimpleNotificationService-{kept.id}.pem"
        self._last: dict[tuple[str, str], str] = {}

    def sign(self, document: dict[str, Any], version: str) -> str:
        """The signature of a document, in base64."""
        text = "".join(f"{name}\n{document[name]}\n" for name in _SIGNED if document.get(name) is not None)
        place = (version, text)
        found = self._last.get(place)
        if found is None:
            data = text.encode("utf-8", "surrogatepass")
            found = base64.b64encode(self._key.sign(data, padding.PKCS1v15(), _HASHES[version])).decode()
            if len(self._last) >= 16:
                self._last.clear()
            self._last[place] = found
        return found


async def signer(cloud: Cloud) -> Signer:
    """The signer of this cloud; its key is made, in a thread, when the first message is signed."""
    found: Signer | None = cloud.keep.get(_KEEP)
    if found is not None:
        return found
    kept = messages.signing(cloud.store)
    if kept is None or not _serves(kept, cloud):
        made = await asyncio.to_thread(_make, cloud.authority, cloud.clock.machine_now())
        found = cloud.keep.get(_KEEP)  # another message may have been faster
        if found is not None:
            return found
        with cloud.store.transaction():
            messages.keep_signing(cloud.store, made)
        kept = made
    found = cloud.keep[_KEEP] = Signer(kept)
    return found


def _serves(kept: Signing, cloud: Cloud) -> bool:
    """Whether a certificate is still good: not near its end, and from the authority where the cloud has one."""
    certificate = x509.load_pem_x509_certificate(kept.certificate)
    now = datetime.fromtimestamp(int(cloud.clock.machine_now()), UTC)
    if certificate.not_valid_after_utc < now + _REST:
        return False
    return cloud.authority is None or cloud.authority.issued(certificate)


def _make(authority: Authority | None, now: float) -> Signing:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made = _certificate(key, now) if authority is None else authority.leaf((NAME,), key.public_key())
    certificate = made.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return Signing(hashlib.sha256(certificate).hexdigest()[:32], now, pem, certificate)


def _certificate(key: RSAPrivateKey, now: float) -> x509.Certificate:
    """A certificate that vouches for itself: a cloud that answers http alone has no authority."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Cloudarium"), x509.NameAttribute(NameOID.COMMON_NAME, NAME)]
    )
    begins = datetime.fromtimestamp(int(now), UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, begins + _LIFE)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    return builder.sign(key, hashes.SHA256())
