"""Node.js and custom runtimes, and AWS's own runtime client against our Runtime API."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests.runtime.conftest import Lab

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
NODE: dict[str, str] = {"runtime": "nodejs20.x", "handler": "index.handler"}


@needs_node
@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("index.js", "exports.handler = async (event) => ({ got: event.x })"),
        ("index.mjs", "export const handler = async (event) => ({ got: event.x })"),
        ("index.cjs", "exports.handler = (event, context, callback) => callback(null, { got: event.x })"),
        ("index.js", "exports.handler = (event, context) => { context.succeed({ got: event.x }) }"),
    ],
)
def test_node_styles(lab: Lab, name: str, source: str) -> None:
    assert lab.value(lab.function({name: source}, **NODE), {"x": "ü"}) == {"got": "ü"}


@needs_node
def test_node_package_of_type_module(lab: Lab) -> None:
    files: dict[str, str | bytes] = {
        "package.json": '{"type": "module"}',
        "src/main.js": "import { x } from './other.js'; export const run = async () => x",
        "src/other.js": "export const x = 5",
    }
    assert lab.value(lab.function(files, runtime="nodejs20.x", handler="src/main.run")) == 5


@needs_node
def test_node_finds_modules_beside_the_handler(lab: Lab) -> None:
    source = """
const { word } = require('shared/greet')
exports.handler = async () => [word, process.env.PWD == process.cwd()]
"""
    files: dict[str, str | bytes] = {
        "src/index.js": source,
        "shared/greet.js": "exports.word = 'hello'",
    }
    assert lab.value(lab.function(files, runtime="nodejs20.x", handler="src/index.handler")) == ["hello", True]


@needs_node
def test_node_callback_waits_for_the_event_loop(lab: Lab) -> None:
    source = """
let late = "no"
exports.handler = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = event.wait
  setTimeout(() => { late = "yes" }, 100)
  callback(null, null)
}
exports.late = async () => late
"""
    files: dict[str, str | bytes] = {"index.js": source}
    result = lab.invoke(lab.function(files, **NODE), {"wait": True})
    assert result.payload == b"null" and result.duration >= 100


@needs_node
def test_node_context_console_and_errors(lab: Lab) -> None:
    source = """
exports.handler = async (event, context) => {
  console.log("hello", { a: 1 })
  console.error("two\\nlines")
  if (event.fail) throw new TypeError("bad")
  return [context.functionName, context.memoryLimitInMB, context.getRemainingTimeInMillis() > 0, context.awsRequestId]
}
"""
    spec = lab.function({"index.js": source}, **NODE)
    lab.lines.clear()
    name, memory, left, request = lab.value(spec, {})
    assert (name, memory, left) == (spec.name, "128", True)
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert any(re.fullmatch(rf"{stamp}\t{request}\tINFO\thello {{ a: 1 }}\n", line) for line in lab.lines)
    assert any(re.fullmatch(rf"{stamp}\t{request}\tERROR\ttwo\nlines\n", line) for line in lab.lines)
    error = lab.error(spec, {"fail": True})
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "bad")
    assert error["trace"][0] == "TypeError: bad"


@needs_node
@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"index.js": "require('nothere')"}, "Runtime.ImportModuleError"),
        ({"other.js": ""}, "Runtime.ImportModuleError"),
        ({"index.js": "exports.x = 1"}, "Runtime.HandlerNotFound"),
        ({"index.js": "exports.handler = ("}, "Runtime.UserCodeSyntaxError"),
        ({"index.js": "throw new RangeError('x')"}, "RangeError"),
        ({"index.js": "exports.handler = () => { Promise.reject(1) }"}, "Runtime.UnhandledPromiseRejection"),
    ],
)  # fmt: skip
def test_node_failures(lab: Lab, files: dict[str, str | bytes], kind: str) -> None:
    assert lab.error(lab.function(files, **NODE))["errorType"] == kind


@needs_node
def test_node_layer(lab: Lab) -> None:
    layer = lab.layer({"nodejs/node_modules/dep/index.js": "module.exports = 'from the layer'"})
    common: dict[str, str | bytes] = {"index.js": "exports.handler = async () => require('dep')"}
    modern: dict[str, str | bytes] = {"index.mjs": "import dep from 'dep'; export const handler = async () => dep"}
    for files in (common, modern):
        assert lab.value(lab.function(files, layers=(layer,), **NODE)) == "from the layer"


def test_missing_interpreter_is_said_in_the_log(own_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = own_lab.invoke(own_lab.function({"index.js": ""}, **NODE))
    assert json.loads(result.payload)["errorType"] == "Runtime.InvalidEntrypoint"
    assert b"no `node` was found on this machine's PATH" in result.log_tail


BOOTSTRAP = """#!/bin/sh
echo "starting $_HANDLER"
while true
do
  HEADERS="$(mktemp)"
  EVENT=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  curl -sS "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$ID/response" \\
    -H "$MODE" -d "{\\"echo\\": $EVENT}" > /dev/null
done
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.parametrize("mode", ["X: 1", "Transfer-Encoding: chunked"])
def test_custom_runtime(lab: Lab, mode: str) -> None:
    settings = {"runtime": "provided.al2023", "handler": "my.handler", "environment": {"MODE": mode}}
    spec = lab.function({"bootstrap": BOOTSTRAP}, {"bootstrap": 0o755}, **settings)
    assert lab.value(spec, {"a": 1}) == {"echo": {"a": 1}}
    assert lab.value(spec, "x" * 3000) == {"echo": "x" * 3000}
    assert "starting my.handler\n" in lab.lines


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_custom_runtime_from_a_layer(lab: Lab) -> None:
    layer = lab.layer({"bootstrap": BOOTSTRAP}, {"bootstrap": 0o755})
    spec = lab.function({"x": ""}, runtime="provided.al2", layers=(layer,), environment={"MODE": "X: 1"})
    assert lab.value(spec, 5) == {"echo": 5}


def test_custom_runtime_without_bootstrap(lab: Lab) -> None:
    error = lab.error(lab.function({"x": ""}, runtime="provided.al2023"))
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert error["errorMessage"].endswith("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")


def test_bootstrap_that_may_not_be_executed(lab: Lab) -> None:
    error = lab.error(lab.function({"bootstrap": BOOTSTRAP}, runtime="provided.al2023"))
    assert error["errorType"] == "Runtime.ExitError"
