"""Digests of XML bodies: Content-MD5 or an x-amz-checksum header, which S3 compares before it believes the body."""

from __future__ import annotations

import hashlib

from cloudarium.gateway.call import Call
from cloudarium.services.s3 import errors
from cloudarium.services.s3.rules import checksums

# The body's headers by the member names under which objects have them; configurations have no such members.
_BY_HEADER = {algorithm.header: algorithm.member for algorithm in checksums.ALGORITHMS.values()}


def check(call: Call, required: bool = False) -> None:
    """Raise when a digest does not fit the body, or when one is required and missing.

    Between rooms there is no body and nothing to compare (call.input's ChecksumAlgorithm then only says how).
    """
    request = call.request
    if request is None:
        return
    sums = {_BY_HEADER[name]: value for name, value in request.headers.items() if name in _BY_HEADER}
    if call.input.get("ChecksumAlgorithm") is not None:
        sums["ChecksumAlgorithm"] = call.input["ChecksumAlgorithm"]
    wanted = checksums.wanted(sums, request.headers)
    md5 = request.headers.get("content-md5")
    if required and wanted is None and md5 is None:
        raise errors.InvalidRequest("Missing required header for this request: Content-MD5")
    if md5 is not None:
        checksums.check_md5(
            checksums.content_md5(md5), md5, hashlib.md5(request.body, usedforsecurity=False).hexdigest()
        )
    if wanted is not None:
        checksums.check(wanted, checksums.of(wanted.algorithm, request.body), call.trailers)
