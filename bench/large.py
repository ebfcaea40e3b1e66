"""One object of gigabytes, up and down: the server's memory must not follow its size."""

from __future__ import annotations

import hashlib
import http.client
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from bench.servers import Server

_CHUNK = bytes(range(256)) * 4096  # 1 MiB
_AIM = 32.0  # MB that the server may need more at most while gigabytes pass


def one_large_object(server: Server, gigabytes: float) -> list[str]:
    """Put an object by a presigned URL, get it back, and give what was missed: the content, or the memory's bound."""
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    client = boto3.client(
        "s3", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
        config=config,
    )  # fmt: skip
    client.create_bucket(Bucket="large")
    chunks = int(gigabytes * 1024)
    where = {"Bucket": "large", "Key": "object"}
    before = server.peak_mb()
    began = time.perf_counter()
    sent = _put(client.generate_presigned_url("put_object", where), chunks)
    up = time.perf_counter()
    received = _get(client.generate_presigned_url("get_object", where))
    down = time.perf_counter()
    more = server.peak_mb() - before
    client.delete_object(**where)
    size = chunks * len(_CHUNK) / 1e6
    print(
        f"an object of {size:,.0f} MB: up {size / (up - began):,.0f} MB/s, down {size / (down - up):,.0f} MB/s,"
        f" {more:.0f} MB of memory more"
    )
    missed = [] if sent == received else ["the large object came back changed"]
    return missed + ([f"the large object took {more:.0f} MB of memory"] if more > _AIM else [])


def _put(url: str, chunks: int) -> str:
    digest = hashlib.sha1(usedforsecurity=False)

    def content() -> Iterator[bytes]:
        for _ in range(chunks):
            digest.update(_CHUNK)
            yield _CHUNK

    split = urlsplit(url)
    connection = http.client.HTTPConnection(split.netloc)
    headers = {"Content-Length": str(chunks * len(_CHUNK))}
    connection.request("PUT", f"{split.path}?{split.query}", content(), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"the large object was answered by {answer.status}")
    return digest.hexdigest()


def _get(url: str) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    split = urlsplit(url)
    connection = http.client.HTTPConnection(split.netloc)
    connection.request("GET", f"{split.path}?{split.query}")
    answer = connection.getresponse()
    while chunk := answer.read(len(_CHUNK)):
        digest.update(chunk)
    connection.close()
    return digest.hexdigest()
