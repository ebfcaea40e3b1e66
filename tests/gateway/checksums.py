"""Puts one object by each way in which boto3 sends a checksum, and reads it back; prints what went over the wire.

A program of its own: with awscrt boto3 knows every algorithm, and whether it uses that is decided at its import.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import boto3
from botocore.config import Config


def main(endpoint: str, authority: str, account: str, bucket: str, *algorithms: str) -> None:
    """Print {algorithm: [[how it was sent, the member's value], …]}."""
    s3 = boto3.client(
        "s3", endpoint_url=endpoint, verify=authority, region_name="us-east-1", aws_access_key_id=account,
        aws_secret_access_key="test", config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )  # fmt: skip
    how: list[str] = []

    def seen(request: Any, **further: Any) -> None:
        sent = {name.lower() for name in request.headers}
        how.append("trailer" if "x-amz-trailer" in sent else "header")

    s3.meta.events.register("before-send.s3.PutObject", seen)
    found: dict[str, list[Any]] = {}
    for algorithm in algorithms:
        for content in (b"", b"hello", bytes(range(256)) * 5000):
            for body in (content, io.BytesIO(content)):
                s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm=algorithm)
                got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
                assert got["Body"].read() == content  # botocore proves the checksum as it is read
                found.setdefault(algorithm, []).append([how[-1], got[f"Checksum{algorithm}"]])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
