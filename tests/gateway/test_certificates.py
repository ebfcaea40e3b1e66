"""The authority: made once, kept to this machine's own names, and its key to its user."""

from __future__ import annotations

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from cloudarium.gateway import certificates
from cloudarium.gateway.certificates import Authority, AuthorityUnusable, is_ours

OURS = [
    "localhost", "s3.localhost",
    "a.bucket.of.mine.s3.localhost", "BUCKET.s3.us-east-1.localhost", "my_bucket.s3.localhost",
    "a1b2c3.execute-api.localhost", "localhost.localstack.cloud", "b.s3.localhost.localstack.cloud",
    "sts.amazonaws.com", "b.s3.eu-west-1.amazonaws.com", "127.0.0.1", "127.8.9.10", "::1",
]  # fmt: skip
NOT_OURS = [
    "", ".", "example.com", "localhost.example.com", "evillocalhost", "amazonaws.com.evil.org", "xamazonaws.com",
    "localstack.cloud", "10.0.0.1", "169.254.169.254", "::2", "a..localhost", ".localhost",
    "localhost.", "a b.localhost",
    "ü.localhost", "*.localhost", "x" * 64 + ".localhost", "a." * 130 + "localhost", "localhost\n",
]  # fmt: skip


def handshake(authority: Authority, name: str | None, client: ssl.SSLContext) -> ssl.SSLObject:
    """A client's side after a handshake with a server of this authority; raises what the client would see."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    host = name if name is not None and name.startswith("127.") else "127.0.0.1"
    ours = authority.context(host).wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server, server_hostname=name)
    for _ in range(4):
        for side in (theirs, ours):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                if side is theirs:
                    raise
    return theirs


def trusting(authority: Authority) -> ssl.SSLContext:
    """A client that trusts it, as strict as OpenSSL can be and Python is from 3.13 on."""
    context = ssl.create_default_context(cafile=str(authority.certificate_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("state") / "cloudarium")


@pytest.mark.parametrize("name", OURS)
def test_each_of_our_names_has_a_certificate_that_a_strict_client_takes(authority: Authority, name: str) -> None:
    assert is_ours(name)
    certificate = handshake(authority, name, trusting(authority)).getpeercert()
    assert certificate is not None
    alternatives = [str(value) for _, value in certificate["subjectAltName"]]  # type: ignore[misc, index]
    assert name.lower() in [text.replace("0:0:0:0:0:0:0:1", "::1") for text in alternatives]


@pytest.mark.parametrize("name", NOT_OURS)
def test_no_other_name_has_one(name: str) -> None:
    assert not is_ours(name)


def test_a_client_that_asks_for_another_name_is_told(authority: Authority) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        handshake(authority, "example.com", trusting(authority))


def test_a_client_that_gives_no_name_gets_the_one_of_loopback(authority: Authority) -> None:
    client = trusting(authority)
    client.check_hostname = False
    certificate = handshake(authority, None, client).getpeercert()
    assert certificate is not None
    names = [value for _, value in certificate["subjectAltName"]]  # type: ignore[misc, index]
    assert names == ["localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"]


def test_who_does_not_know_the_authority_does_not_trust_it(authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(authority, "localhost", ssl.create_default_context())


@pytest.mark.parametrize("name", ["example.com", "10.example", "signin.aws.amazon.com"])
def test_whoever_stole_the_key_could_not_vouch_for_the_web(
    authority: Authority, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "is_ours", lambda name: True)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(authority, name, trusting(authority))


def test_nothing_older_than_tls_1_2_and_no_other_protocol_is_spoken(authority: Authority) -> None:
    client = trusting(authority)
    client.set_alpn_protocols(["h2", "http/1.1"])
    assert handshake(authority, "localhost", client).selected_alpn_protocol() == "http/1.1"
    assert authority.context().minimum_version == ssl.TLSVersion.TLSv1_2
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    assert handshake(authority, "localhost", client).version() == "TLSv1.2"


def test_certificates_say_what_they_are_for(authority: Authority) -> None:
    now = datetime.now(UTC)
    ours = x509.load_pem_x509_certificate(authority.certificate_file.read_bytes())
    leaf = authority.leaf(("a.s3.localhost",))
    basic, usage = x509.BasicConstraints, x509.KeyUsage
    assert ours.extensions.get_extension_for_class(basic).value == basic(ca=True, path_length=0)
    assert ours.extensions.get_extension_for_class(x509.NameConstraints).critical
    assert ours.extensions.get_extension_for_class(usage).value.key_cert_sign
    assert leaf.extensions.get_extension_for_class(basic).value == basic(ca=False, path_length=None)
    assert not leaf.extensions.get_extension_for_class(usage).value.key_cert_sign
    assert list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        x509.ExtendedKeyUsageOID.SERVER_AUTH
    ]
    key = ours.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    issuer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert issuer.key_identifier == key
    assert leaf.not_valid_before_utc < now < leaf.not_valid_after_utc
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)
    leaf.verify_directly_issued_by(ours)


def test_it_is_made_once_and_its_key_is_its_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "cloudarium"
    before = os.umask(0)
    try:
        first = Authority(folder)
    finally:
        os.umask(before)
    made = {file.name: file.read_bytes() for file in folder.iterdir()}
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes["ca-key.pem"] == 0o600
    assert b"PRIVATE" not in made["ca.pem"]
    (folder / "ca-key.pem").chmod(0o644)  # as a careless copy leaves it
    second = Authority(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == made
    assert stat.S_IMODE((folder / "ca-key.pem").stat().st_mode) == 0o600
    handshake(second, "localhost", trusting(first))


@pytest.mark.parametrize("lost", ["ca.pem", "ca-key.pem"])
def test_a_crash_between_its_two_files_is_mended(tmp_path: Path, lost: str) -> None:
    Authority(tmp_path)
    (tmp_path / lost).unlink()
    (tmp_path / f"{lost}.new").write_text("half")
    again = Authority(tmp_path)
    handshake(again, "localhost", trusting(again))


def test_one_that_ends_soon_is_made_anew_with_the_same_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "_AUTHORITY_LIFE", timedelta(days=300))
        old = Authority(tmp_path).certificate_file.read_bytes()
    again = Authority(tmp_path)
    assert again.certificate_file.read_bytes() != old
    handshake(again, "localhost", trusting(again))


@pytest.mark.parametrize("file", ["ca.pem", "ca-key.pem"])
def test_files_that_are_no_authority_are_refused_and_left(tmp_path: Path, file: str) -> None:
    Authority(tmp_path)
    (tmp_path / file).write_text("something else")
    with pytest.raises(AuthorityUnusable, match=file):
        Authority(tmp_path)
    assert (tmp_path / file).read_text() == "something else"


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    Authority(tmp_path)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    (tmp_path / "ca-key.pem").write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(AuthorityUnusable):
        Authority(tmp_path)


def test_remembered_certificates_are_bounded_and_end(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "_MOST_CONTEXTS", 3)
    for number in range(10):
        authority._context_for(f"n{number}.localhost")
    kept = authority._contexts["n9.localhost"][1]
    assert len(authority._contexts) >= 1 and "n0.localhost" not in list(authority._contexts)[-3:]
    assert authority._context_for("n9.localhost") is kept
    later = certificates._now() + timedelta(days=380)
    monkeypatch.setattr(certificates, "_now", lambda: later)
    assert authority._context_for("n9.localhost") is not kept
