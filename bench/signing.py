"""Signed requests by the hundred thousand: boto3 would take longer to make them than the cloud to answer them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.load import request_bytes

REGION = "us-east-1"
ROOT = Credentials("test", "test")


class Signer:
    """Makes the bytes of requests to one server, as one caller."""

    def __init__(self, url: str, credentials: Credentials = ROOT) -> None:
        self.url = url
        self._credentials = credentials
        self._auth: dict[str, SigV4Auth] = {}

    def json(self, service: str, target: str, given: dict[str, Any]) -> bytes:
        """A call in the JSON protocol; `target` is the X-Amz-Target."""
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
        return self._signed(service, "POST", "/", headers, json.dumps(given).encode())

    def query(self, service: str, version: str, action: str, given: dict[str, str]) -> bytes:
        """A call in the query protocol."""
        body = urlencode({"Action": action, "Version": version, **given}).encode()
        return self._signed(service, "POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def rest(self, service: str, method: str, path: str, body: bytes = b"") -> bytes:
        """A call of a REST service."""
        return self._signed(service, method, path, {}, body)

    def _signed(self, service: str, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        auth = self._auth.get(service)
        if auth is None:
            kind = S3SigV4Auth if service == "s3" else SigV4Auth
            auth = self._auth[service] = kind(self._credentials, service, REGION)
        request = AWSRequest(method, self.url + path, {"Host": urlsplit(self.url).netloc, **headers}, body)
        auth.add_auth(request)
        return request_bytes(self.url, method, path, dict(request.headers.items()), body)
