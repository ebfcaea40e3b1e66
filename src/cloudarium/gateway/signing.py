"""Signatures of Version 4 on requests that the cloud itself makes over HTTP, with a session's keys."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import urlsplit

from cloudarium.gateway import sigv4
from cloudarium.gateway.http import HttpRequest
from cloudarium.policy.principal import Credential
from cloudarium.shared.scope import Scope


def signed(
    request: tuple[str, str, dict[str, str], bytes], service: str, scope: Scope, credential: Credential, now: float
) -> dict[str, str]:
    """The headers of a request (method, URL, headers, body) with those that prove who sends it at `now`."""
    method, url, headers, body = request
    parts = urlsplit(url)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    added = {"host": parts.netloc, "x-amz-date": moment}
    if credential.token:
        added["x-amz-security-token"] = credential.token
    names = ";".join(sorted(added))
    key = credential.principal.access_key_id
    claim = sigv4.Claim(
        key, moment[:8], scope.region, service, "aws4_request", names, "", moment, credential.token or "", None
    )
    sent = HttpRequest(method, parts.path or "/", parts.query, added, body)
    digest = hashlib.sha256(body).hexdigest()
    signature = sigv4.signature_of(claim, sent, credential.secret, digest, False)
    proof = f"{sigv4.ALGORITHM} Credential={key}/{claim.scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, **added, "authorization": proof}
