"""An OpenID Connect provider of a test's own on this machine: https with a certificate that it signed itself."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import ssl
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import RSAKey

_PLAIN = serialization.NoEncryption()


def encoded(data: bytes) -> str:
    """Bytes as tokens have them."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _certificate(folder: Path) -> tuple[Path, str]:
    """(a file with a key and a certificate for 127.0.0.1, the certificate's thumbprint)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    signed = made.sign(key, hashes.SHA256())
    file = folder / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _PLAIN)
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    thumbprint = hashlib.sha1(signed.public_bytes(serialization.Encoding.DER), usedforsecurity=False).hexdigest()
    return file, thumbprint


class Issuer:
    """The provider: it publishes one RSA key, and signs tokens with that or whatever a test likes."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1"})
        published = {"keys": [self.key.as_dict(private=False)]}
        documents: dict[str, Any] = {"/keys": published}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = documents.get(self.path)
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(json.dumps(found or {}).encode())

            def log_message(self, *_: object) -> None: ...

        self._folder = tempfile.TemporaryDirectory()
        file, self.thumbprint = _certificate(Path(self._folder.name))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.name = f"127.0.0.1:{self._server.server_port}"
        self.url = f"https://{self.name}"
        documents["/.well-known/openid-configuration"] = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def claims(self, **changed: Any) -> dict[str, Any]:
        """What a good token says; None takes a claim away."""
        now = int(time.time())
        found = {"iss": self.url, "aud": "app", "sub": "ann", "iat": now, "exp": now + 600, **changed}
        return {name: value for name, value in found.items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A token that this issuer signed."""
        head = {"alg": "RS256", "kid": "k1", **(header or {})}
        return jws.serialize_compact(head, json.dumps(self.claims(**changed)), self.key, algorithms=[head["alg"]])

    def confused(self) -> str:
        """A token whose shared secret is the public key that everybody knows."""
        parts = ({"alg": "HS256", "kid": "k1"}, self.claims())
        text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        return f"{text}.{encoded(hmac.digest(self.key.as_pem(private=False), text.encode(), hashlib.sha256))}"

    def close(self) -> None:
        """Stop to answer."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()
