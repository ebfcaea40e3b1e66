"""Requests as bytes: signed by botocore, sent by http.client, so that a test sees what really goes over the wire."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from typing import Any

from botocore.auth import UNSIGNED_PAYLOAD, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class _Auth(S3SigV4Auth):
    def __init__(self, *arguments: Any, payload: str) -> None:
        super().__init__(*arguments)
        self._payload = payload

    def payload(self, request: Any) -> str:
        return self._payload


class Wire:
    """A connection for each request; `account` None sends unsigned."""

    def __init__(self, cloud: Any, account: str | None, host: str | None = None) -> None:
        self._port = cloud.port
        self._host = host or f"127.0.0.1:{cloud.port}"
        self._account = account

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        payload: str = UNSIGNED_PAYLOAD,
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer."""
        sent = {"host": self._host, **(headers or {})}
        if self._account is not None:
            request = AWSRequest(method, f"http://{self._host}{target}", data=body, headers=sent)
            request.headers["X-Amz-Content-SHA256"] = payload
            _Auth(Credentials(self._account, "test"), "s3", "us-east-1", payload=payload).add_auth(request)
            sent = dict(request.headers.items())
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            if not any(name.lower() == "content-length" for name in sent) and (body or method in ("PUT", "POST")):
                sent["content-length"] = str(len(body))
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def chunked(
        self, target: str, chunks: Sequence[bytes], algorithm: str, value: str
    ) -> tuple[int, dict[str, str], bytes]:
        """PUT with aws-chunked encoding and an unsigned trailing checksum."""
        body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
        body += f"0\r\nx-amz-checksum-{algorithm}:{value}\r\n\r\n".encode()
        headers = {
            "content-encoding": "aws-chunked",
            "x-amz-trailer": f"x-amz-checksum-{algorithm}",
            "x-amz-decoded-content-length": str(sum(map(len, chunks))),
        }
        return self.send("PUT", target, body, headers, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
