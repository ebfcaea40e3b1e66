"""Lambda: packages, resource policies, and what a hostile function sends to its Runtime API."""

from __future__ import annotations

import asyncio
import base64
import io
import stat
import warnings
import zipfile
import zlib
from functools import cache
from random import Random

from cloudarium.runtime.api import RuntimeApi
from cloudarium.runtime.spec import Invocation
from tests.fuzz.area import area
from tests.fuzz.furniture import archive, function, identities
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Found, Target
from tests.fuzz.wire import latin


def _prepare(target: Target) -> None:
    identities(target)
    function(target)


_NAMES = (
    "app.py", "../../escape.py", "/etc/passwd", "a/../../b", "a\\..\\b", "C:\\x", "x" * 300, "a/" * 200, "", ".",
    "..", "a\0b",
    "Zürich", "python/../../../x", "con", "a//b", "./app.py", "app.py/inner",
)  # fmt: skip


@cache
def _bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(6):
            file.writestr(f"zeros-{number}", b"\0" * (60 << 20))
    return data.getvalue()


def _package(source: Random) -> bytes:
    data = io.BytesIO()
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(data, "w", source.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file,
    ):
        warnings.simplefilter("ignore", UserWarning)  # of names that are in a package twice
        for _ in range(source.choice((0, 1, 3, 40))):
            entry = zipfile.ZipInfo(source.choice(_NAMES) or "x", (2020, 1, 1, 0, 0, 0))
            kind = source.choice((stat.S_IFREG, stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR, stat.S_IFCHR))
            entry.external_attr = (kind | source.choice((0o644, 0o777, 0o4755, 0))) << 16
            file.writestr(entry, source.choice((b"", b"x = 1\n", b"/etc/passwd", b"../../..")))
    return data.getvalue()


@area("lambda-packages", _prepare)
def _packages(target: Target, source: Random) -> None:
    """Zip files with names that climb, links, lies about sizes, passwords, bombs; cut off and bent."""
    mutator = Mutator(source)
    data = _bomb() if source.random() < 0.02 else _package(source) if source.random() < 0.7 else archive()
    if source.random() < 0.5:
        data = _bent(data, mutator)
    made = target.ask("lambda", "UpdateFunctionCode", FunctionName="fuzz", ZipFile=data)
    if made.status < 300:
        target.settle()
    target.ask("lambda", "PublishLayerVersion", LayerName="fuzz", Content={"ZipFile": data})


def _bent(data: bytes, mutator: Mutator) -> bytes:
    """A change where it matters: headers of entries and the directory, which name sizes, flags and places."""
    source = mutator.source
    marks = [place for mark in (b"PK\1\2", b"PK\3\4", b"PK\5\6") for place in _places(data, mark)]
    if not marks or source.random() < 0.3:
        return mutator.data(data[: 1 << 16])
    place = source.choice(marks) + source.randrange(4, 46)
    value = source.choice((b"\xff" * 4, b"\0" * 4, b"\xff\xff", b"\1", zlib.crc32(data).to_bytes(4, "little")))
    return data[:place] + value + data[place + len(value) :]


def _places(data: bytes, mark: bytes) -> list[int]:
    found, place = [], data.find(mark)
    while place >= 0 and len(found) < 50:
        found.append(place)
        place = data.find(mark, place + 1)
    return found


@area("lambda-permissions", _prepare)
def _permissions(target: Target, source: Random) -> None:
    """Statements of resource policies, and the policy read back."""
    mutator = Mutator(
        source, ["*", "s3.amazonaws.com", "111122223333", "arn:aws:iam::1:root", "lambda:InvokeFunction", "$LATEST"]
    )
    given = {
        "FunctionName": "fuzz", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com",
        "SourceArn": "arn:aws:s3:::b", "SourceAccount": "111122223333", "Qualifier": "$LATEST",
        "PrincipalOrgID": "o-abcdefghij",
    }  # fmt: skip
    for name in source.sample(("SourceArn", "SourceAccount", "Qualifier", "PrincipalOrgID"), 3):
        del given[name]
    for name in source.sample(sorted(given), 1):
        given[name] = mutator.text(given[name])
    target.ask("lambda", "AddPermission", **given)
    target.ask("lambda", "GetPolicy", FunctionName="fuzz")
    target.ask("lambda", "RemovePermission", FunctionName="fuzz", StatementId=given["StatementId"])


@area("lambda-invoke", _prepare)
def _invoke(target: Target, source: Random) -> None:
    """Asynchronous invocations and dry runs with odd payloads, contexts and names: no process is started for these."""
    mutator = Mutator(
        source, ["fuzz", "$LATEST", ":", "DryRun", "{", "}", "arn:aws:lambda:us-east-1:111122223333:function:fuzz"]
    )
    payload = mutator.text('{"a": [1, 2, {"b": null}]}').encode("utf-8", "surrogatepass")
    context = base64.b64encode(mutator.data(b'{"custom": {"a": "b"}}')).decode()
    given = {
        "FunctionName": mutator.text("fuzz"),
        "InvocationType": "DryRun",
        "Payload": payload,
        "ClientContext": context,
    }
    request = target.written(
        "lambda", "Invoke", {**given, "FunctionName": given["FunctionName"].encode("utf-8", "replace").decode()}
    )
    request.headers = {name: latin(value) for name, value in request.headers.items()}
    target.send(request, "lambda")


# ---- The Runtime API -------------------------------------------------------------------------------------------------

_REQUESTS = (
    b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /2018-06-01/runtime/invocation/ID/response HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /2018-06-01/runtime/invocation/ID/error HTTP/1.1\r\nLambda-Runtime-Function-Error-Type: X\r\n"
    b"Content-Length: 22\r\n\r\n{\"errorMessage\": \"no\"}",
    b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"POST /2018-06-01/runtime/invocation/ID/response HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: "
    b"chunked\r\n\r\n"
    b"5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
)  # fmt: skip
_TOKENS = (
    "\r\n", "\n", "\0", "-1", "-7", "-a", "ffffffffffffffff", "0x5", "1_0", "Content-Length: -5\r\n",
    "Content-Length: 9999999999\r\n",
    "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "0\r\n\r\n", " ", ":", "GET ", "/", "%", "ID", "+5",
    "5 ", "\t5",
)  # fmt: skip


@area("lambda-runtime-api")
def _runtime_api(target: Target, source: Random) -> None:
    """Raw bytes from a function that means harm: answered or dropped, and the next connection is served."""
    mutator = Mutator(source, _TOKENS)
    sent = [source.choice(_REQUESTS) for _ in range(source.choice((1, 1, 2, 4)))]
    data = b"".join(sent)
    data = mutator.data(data) if source.random() < 0.9 else data
    target.run(_serve(data, source.choice((1, 7, 100_000))))


async def _serve(data: bytes, piece: int) -> None:
    api = RuntimeApi(lambda: None, lambda answer: None, lambda segment: None)
    await api.start()
    host, _, port = api.address.partition(":")
    try:
        await asyncio.wait_for(_converse(api, host, int(port), data, piece), 30.0)
    except TimeoutError as error:
        raise Found(f"the Runtime API hangs at {data[:1500]!r} in pieces of {piece}") from error
    finally:
        api.close()


async def _converse(api: RuntimeApi, host: str, port: int, data: bytes, piece: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for start in range(0, min(len(data), 400 * piece), piece):
            writer.write(data[start : start + piece].replace(b"ID", b"request-1"))
            if start % (20 * piece) == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        if api.waiting:
            api.give(Invocation("request-1", b"{}", "arn"), 9e9)
        writer.write_eof()
        await reader.read()
    except OSError:
        pass
    finally:
        writer.close()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /none HTTP/1.1\r\n\r\n")
    answer = await reader.readline()
    writer.close()
    if b" 404 " not in answer:
        raise Found(f"after {data[:1500]!r} in pieces of {piece}, the next connection is answered {answer!r}")
