"""The user's own certificate authority, made once, and certificates for the names under which the cloud answers.

Certificates follow the machine's time, not the cloud's: clients judge them by theirs.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import re
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloudarium.shared.clock import Clock

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
DOMAINS = ("localhost", "localhost.localstack.cloud", "amazonaws.com", "cloudarium.local")
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_OURS = re.compile(rf"(?:[a-z0-9_-]{{1,63}}\.)*(?:{'|'.join(map(re.escape, DOMAINS))})")
_LONGEST_NAME = 253
_MOST_CONTEXTS = 512  # certificates that are remembered
AUTHORITY_FILE = "ca.pem"
_AUTHORITY_LIFE = timedelta(days=3650)
_LIFE = timedelta(days=397)  # clients refuse more than 398 days
_REST = timedelta(days=30)  # what is nearer to its end than this is made anew
_SLACK = timedelta(days=1)  # for clients whose clock is behind


class AuthorityUnusable(Exception):
    """The files of the authority cannot be used; the message says which and what to do."""


class Authority:
    """A certificate authority in `folder`, made when there is none; it can vouch for this machine's own names alone.

    Raises AuthorityUnusable when what is in the folder is no authority, OSError when it cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.certificate_file = folder / AUTHORITY_FILE
        self._key_file = folder / "ca-key.pem"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / "lock").open("a") as lock:  # two clouds that start at once share one authority
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._key = self._kept_key()
            self._certificate = self._kept_certificate()
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, tuple[datetime, ssl.SSLContext]] = {}

    def context(self, host: str = "127.0.0.1") -> ssl.SSLContext:
        """The TLS settings of a server on `host`: the certificate is the one of the name that the client asks for.

        A client that gives no name, as one that connects to an address does, gets the one of loopback itself.
        """
        context = _context()
        own = ("localhost", "127.0.0.1", "::1")
        self._load(context, own if host in own or not is_ours(host) else (*own, host))
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, first: ssl.SSLContext) -> int | None:
        if name is None:
            return None
        if not is_ours(name):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self._context_for(name.lower())
        return None

    def _context_for(self, name: str) -> ssl.SSLContext:
        known = self._contexts.pop(name, None)
        if known is None or known[0] < _now():
            if len(self._contexts) >= _MOST_CONTEXTS:
                del self._contexts[next(iter(self._contexts))]
            context = _context()
            self._load(context, (name,))
            known = _now() + _LIFE - _REST, context
        self._contexts[name] = known  # last again: the first is the one that was not asked for longest
        return known[1]

    def _load(self, context: ssl.SSLContext, names: tuple[str, ...]) -> None:
        with tempfile.NamedTemporaryFile(prefix="cloudarium-") as file:  # OpenSSL takes a file; it is 0600
            file.write(_key_pem(self._leaf_key) + _pem(self.leaf(names)))
            file.flush()
            context.load_cert_chain(file.name)

    def leaf(self, names: tuple[str, ...], key: PublicKey | None = None) -> x509.Certificate:
        """A certificate for these names and addresses: of the servers' own key, or of another."""
        key = key or self._leaf_key.public_key()
        issuer = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = _builder("Cloudarium", self._certificate.subject, key, _LIFE)
        for extension, critical in (
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(digital_signature=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName([_alternative(name) for name in names]), False),
            (x509.SubjectKeyIdentifier.from_public_key(key), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), False),
        ):
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())

    def issued(self, certificate: x509.Certificate) -> bool:
        """Whether this authority signed a certificate."""
        try:
            certificate.verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    # ---- What is kept -----------------------------------------------------------------------------------------------

    def _kept_key(self) -> ec.EllipticCurvePrivateKey:
        if not self._key_file.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            _write(self._key_file, _key_pem(key), 0o600)
            return key
        self._key_file.chmod(0o600)
        try:
            kept = serialization.load_pem_private_key(self._key_file.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise self._unusable(self._key_file) from error
        if not isinstance(kept, ec.EllipticCurvePrivateKey):
            raise self._unusable(self._key_file)
        return kept

    def _kept_certificate(self) -> x509.Certificate:
        try:
            kept = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        except FileNotFoundError:
            kept = None
        except ValueError as error:
            raise self._unusable(self.certificate_file) from error
        # One that has ended, or whose key is gone (a crash amid the very first start), is no use to anybody.
        if kept is None or kept.not_valid_after_utc < _now() + _LIFE or kept.public_key() != self._key.public_key():
            kept = _authority_certificate(self._key)
            _write(self.certificate_file, _pem(kept), 0o644)
        return kept

    def _unusable(self, file: Path) -> AuthorityUnusable:
        return AuthorityUnusable(
            f"{file} cannot be read as what it should be. Remove ca.pem and ca-key.pem in {file.parent}, and the next"
            " start makes a new authority, which clients have to be told to trust."
        )


def is_ours(name: str) -> bool:
    """Whether the cloud answers under a name: a loopback address, or one of its domains at any depth."""
    address = _address(name)
    if address is not None:
        return any(address in network for network in _LOOPBACK)
    return len(name) <= _LONGEST_NAME and _OURS.fullmatch(name.lower()) is not None


def _authority_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Cloudarium"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Cloudarium, this machine's own AWS"),
        ]
    )
    constraints = x509.NameConstraints([*map(x509.DNSName, DOMAINS), *map(x509.IPAddress, _LOOPBACK)], None)
    builder = _builder(name, name, key.public_key(), _AUTHORITY_LIFE)
    for extension, critical in (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_usage(key_cert_sign=True, crl_sign=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (constraints, True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256())


def _builder(subject: x509.Name | str, issuer: x509.Name, key: PublicKey, life: timedelta) -> x509.CertificateBuilder:
    if isinstance(subject, str):  # no common name: some clients would hold it to the authority's constraints
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject)])
    begins = _now() - _SLACK
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=begins,
        not_valid_after=begins + life,
    )


_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def _usage(**given: bool) -> x509.KeyUsage:
    usages: dict[str, Any] = {name: given.get(name, False) for name in _USAGES}
    return x509.KeyUsage(**usages)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    return context


def _alternative(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _now() -> datetime:
    return datetime.fromtimestamp(int(Clock().machine_now()), UTC)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all; nobody else can read it before it has its mode."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
