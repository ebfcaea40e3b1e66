"""Answers that are passed on as they come: InvokeWithResponseStream and URLs that stream."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.lambda_.conftest import refused, zipped
from tests.services.lambda_.test_behaviour_urls import ask, open_to_all

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js on this machine")
# Streams so many `parts`, and fails early or late when its event says so.
SOURCE = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  const wish = event.body ? JSON.parse(event.body) : event;
  if (wish.early) throw new Error("early");
  if (wish.prelude) stream = awslambda.HttpResponseStream.from(stream, wish.prelude);
  else stream.setContentType("text/plain");
  for (let n = 0; n < wish.parts; n++) {
    stream.write(n === 0 && wish.size ? "x".repeat(wish.size) : `part ${n};`);
    await new Promise((done) => setTimeout(done, 1));
  }
  if (wish.late) throw new TypeError("late");
  stream.end();
});
exports.plain = async (event) => ({ statusCode: 200, body: "whole" });
"""


@pytest.fixture
def streaming(make: Callable[..., Any]) -> None:
    """A function that streams, and one that does not."""
    code = {"Code": {"ZipFile": zipped({"index.js": SOURCE})}, "Runtime": "nodejs22.x", "Timeout": 20}
    make("fn", Handler="index.handler", **code)
    make("plain", Handler="index.plain", **code)


def events(functions: Any, event: Any, name: str = "fn", **more: Any) -> list[dict[str, Any]]:
    """The stream of an invocation; neighbouring chunks put together."""
    answer = functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **more)
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST"
    assert answer["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    found: list[dict[str, Any]] = []
    for one in answer["EventStream"]:
        if found and "PayloadChunk" in one and "PayloadChunk" in found[-1]:
            found[-1]["PayloadChunk"]["Payload"] += one["PayloadChunk"]["Payload"]
        else:
            found.append(one)
    return found


def test_stream_comes_in_chunks_and_ends_with_its_log(streaming: None, functions: Any) -> None:
    chunk, end = events(functions, {"parts": 3}, LogType="Tail")
    assert chunk == {"PayloadChunk": {"Payload": b"part 0;part 1;part 2;"}}
    assert set(end["InvokeComplete"]) == {"LogResult"}


def test_more_than_six_megabytes(streaming: None, functions: Any) -> None:
    chunk, end = events(functions, {"parts": 1, "size": 12_000_000})
    assert len(chunk["PayloadChunk"]["Payload"]) == 12_000_000 and end == {"InvokeComplete": {}}


def test_failures_before_and_amid(streaming: None, functions: Any) -> None:
    [end] = events(functions, {"early": True})
    assert end["InvokeComplete"]["ErrorCode"] == "Unhandled"
    assert json.loads(end["InvokeComplete"]["ErrorDetails"])["errorMessage"] == "early"
    chunk, end = events(functions, {"parts": 1, "late": True})
    assert chunk["PayloadChunk"]["Payload"] == b"part 0;"
    assert json.loads(end["InvokeComplete"]["ErrorDetails"])["errorType"] == "TypeError"
    chunk, end = events(functions, {"parts": 1})  # the environment is as good as new
    assert end == {"InvokeComplete": {}}


def test_streaming_function_answers_a_plain_invoke_too(streaming: None, functions: Any) -> None:
    answer = functions.invoke(FunctionName="fn", Payload=b'{"parts": 2}')
    assert answer["Payload"].read() == b"part 0;part 1;" and "FunctionError" not in answer
    answer = functions.invoke(FunctionName="fn", Payload=b'{"parts": 1, "late": true}')
    assert answer["FunctionError"] == "Unhandled" and json.loads(answer["Payload"].read())["errorMessage"] == "late"


def test_plain_function_is_one_chunk(streaming: None, functions: Any) -> None:
    chunk, end = events(functions, {}, "plain")
    assert json.loads(chunk["PayloadChunk"]["Payload"])["body"] == "whole" and end == {"InvokeComplete": {}}
    answer = functions.invoke_with_response_stream(FunctionName="plain", InvocationType="DryRun")
    assert answer["StatusCode"] == 204
    functions.put_function_concurrency(FunctionName="plain", ReservedConcurrentExecutions=0)
    with refused("TooManyRequestsException"):
        functions.invoke_with_response_stream(FunctionName="plain")


def test_url_streams_with_status_headers_and_cookies(streaming: None, functions: Any) -> None:
    open_to_all(functions)
    given = {"FunctionName": "fn", "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}
    url = functions.create_function_url_config(**given)["FunctionUrl"]
    prelude = {"statusCode": 201, "headers": {"content-type": "text/html", "x-own": "1"}, "cookies": ["a=1", "b=2"]}
    for wish, status, kind in (({"parts": 3, "prelude": prelude}, 201, "text/html"), ({"parts": 3}, 200, "text/plain")):
        reply = ask(url, method="POST", body=json.dumps(wish).encode(), Content_Type="application/json")
        assert (reply.status, reply.headers["content-type"]) == (status, kind)
        assert reply.body == b"part 0;part 1;part 2;"
        if status == 201:
            assert reply.headers["x-own"] == "1" and reply.headers.get_all("set-cookie") == ["a=1", "b=2"]
    functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=1)
    big = json.dumps({"parts": 1, "size": 3_000_000}).encode()
    reply = ask(url, method="HEAD", body=big, Content_Type="application/json")
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, "text/plain", b"")
    until = time.monotonic() + 15  # a body that nobody reads would hold the function up to its time-out
    while ask(url, method="POST", body=b'{"parts": 1}', Content_Type="application/json").body != b"part 0;":
        assert time.monotonic() < until
    reply = ask(url, method="POST", body=b'{"early": true}', Content_Type="application/json")
    assert (reply.status, reply.body) == (502, b"Internal Server Error")


def test_custom_runtime_streams_while_it_works(functions: Any, make: Callable[..., Any], role: str) -> None:
    bootstrap = """#!/usr/bin/env python3
import http.client, os
address = os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    api = http.client.HTTPConnection(address)
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    got = api.getresponse(); event = got.read()
    name = got.headers["Lambda-Runtime-Aws-Request-Id"]
    api.putrequest("POST", f"/2018-06-01/runtime/invocation/{name}/response")
    api.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    api.putheader("Transfer-Encoding", "chunked")
    api.endheaders()
    for part in (b"one", b"two"):
        api.send(b"%x\\r\\n%s\\r\\n" % (len(part), part))
    api.send(b"0\\r\\n\\r\\n"); api.getresponse().read()
"""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, bootstrap)
    make("own", Runtime="provided.al2023", Handler="x", Code={"ZipFile": buffer.getvalue()})
    chunk, end = events(functions, {}, "own")
    assert chunk == {"PayloadChunk": {"Payload": b"onetwo"}} and end == {"InvokeComplete": {}}
