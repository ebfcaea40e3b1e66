"""Python functions: what they see, what they answer, how their errors look."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.runtime.conftest import Lab

DOCUMENTED = (
    "_HANDLER",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "LANG",
    "PATH",
    "PYTHONPATH",
)
HERE = f"python3.{sys.version_info[1]}"


def test_event_and_context(lab: Lab) -> None:
    spec = lab.function(
        """
def handler(event, context):
    return {"event": event, "name": context.function_name, "version": context.function_version,
            "memory": context.memory_limit_in_mb, "arn": context.invoked_function_arn, "group": context.log_group_name,
            "left": context.get_remaining_time_in_millis(), "client": context.client_context.custom,
            "identity": context.identity.cognito_identity_id, "stream": context.log_stream_name}
""",
        memory=192,
    )
    answer = lab.value(spec, {"a": ["ü", 1]}, client_context='{"custom": {"k": "v"}}')
    assert answer["event"] == {"a": ["ü", 1]}
    assert (answer["name"], answer["version"], answer["memory"]) == (spec.name, "$LATEST", "192")
    assert (answer["arn"], answer["group"]) == (spec.arn, spec.log_group)
    assert answer["client"] == {"k": "v"} and answer["identity"] is None
    assert 0 < answer["left"] <= 20000
    assert "[$LATEST]" in answer["stream"]


def test_environment_is_the_documented_one_and_nothing_else(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    spec = lab.function(
        "import os\ndef handler(event, context): return dict(os.environ)", environment={"MINE": "1", "TZ": "Asia/Tokyo"}
    )
    found = lab.value(spec)
    assert "SECRET_OF_THE_HOST" not in found
    assert found["MINE"] == "1" and found["TZ"] == "Asia/Tokyo"
    assert found["AWS_ACCESS_KEY_ID"] == "AKID" and found["AWS_SESSION_TOKEN"].startswith("TOKEN-")
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"
    for name in DOCUMENTED:
        assert found[name], name


@pytest.mark.parametrize("name", ["cloudarium", "orjson", "apsw", "uvicorn", "typer", "pytest"])
def test_packages_of_the_cloud_are_not_there(lab: Lab, name: str) -> None:
    error = lab.error(lab.function(f"import {name}\ndef handler(event, context): pass"))
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"] == f"Unable to import module 'app': No module named '{name}'"


def test_sdk_is_there(lab: Lab) -> None:
    source = """
import boto3, botocore, s3transfer, jmespath, urllib3, dateutil, six
def handler(event, context):
    return [boto3.client("dynamodb").meta.endpoint_url, boto3.__file__]
"""
    endpoint, file = lab.value(lab.function(source))
    assert endpoint == "http://127.0.0.1:4566"
    assert file.startswith("/var/runtime/") or lab.environments.launchers.isolation == "none"


def test_own_package_wins_over_the_runtime(lab: Lab) -> None:
    files: dict[str, str | bytes] = {
        "app.py": "import urllib3, queue\ndef handler(e, c): return [urllib3.ME, queue.ME]",
        "urllib3/__init__.py": "ME = 'mine'",
        "queue.py": "ME = 'also mine'",
    }
    assert lab.value(lab.function(files)) == ["mine", "also mine"]


def test_layers_in_their_order(lab: Lab) -> None:
    one = lab.layer({"python/shared.py": "WHO = 'one'", "python/first.py": "X = 1", "data.txt": "one"})
    two = lab.layer({f"python/lib/{HERE}/site-packages/second.py": "Y = 2", "data.txt": "two"})
    source = """
import os, shared, first, second
def handler(event, context):
    opt = "/opt" if os.path.exists("/opt/data.txt") else os.path.dirname(os.path.dirname(first.__file__))
    return [shared.WHO, first.X, second.Y, open(os.path.join(opt, "data.txt")).read()]
"""
    assert lab.value(lab.function(source, layers=(one, two), runtime=HERE)) == ["one", 1, 2, "two"]


def test_tmp_is_writable_and_the_environment_s_own(lab: Lab) -> None:
    source = """
import os, tempfile
def handler(event, context):
    path = os.path.join(tempfile.gettempdir(), "x")
    there = os.path.exists(path)
    open(path, "w").write("1")
    return there
"""
    spec = lab.function(source)
    assert lab.value(spec) is False
    assert lab.value(spec) is True  # the same environment, warm
    assert lab.value(lab.function(source)) is False


def test_real_paths_and_nothing_of_the_host(own_lab: Lab) -> None:
    spec = own_lab.function(
        """
import os
def handler(event, context):
    seen = {"task": os.getcwd(), "tmp": os.listdir("/tmp"), "home": os.path.exists(os.path.expanduser(event)),
            "pids": len([name for name in os.listdir("/proc") if name.isdigit()])}
    for path in ("/var/task/x", "/opt/x", "/x", "/usr/x"):
        try:
            open(path, "w")
            seen[path] = "written"
        except OSError:
            pass
    return seen
""",
        ephemeral_storage=512,
    )
    answer = own_lab.value(spec, __file__)
    if own_lab.environments.launchers.isolation != "namespaces":
        pytest.skip(f"no namespaces on this machine: {own_lab.environments.launchers.reason}")
    assert answer == {"task": "/var/task", "tmp": [], "home": False, "pids": 2}


def test_tmp_has_the_size_that_was_asked_for(own_lab: Lab) -> None:
    spec = own_lab.function(
        "import os\ndef handler(e, c):\n s = os.statvfs('/tmp')\n return s.f_blocks * s.f_frsize", ephemeral_storage=600
    )
    size = own_lab.value(spec)
    if own_lab.environments.launchers.isolation == "namespaces":
        assert size == 600 * 1048576


# ---- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("None", b"null"),
        ("{'ü': 1}", b'{"\\u00fc": 1}'),
        ("__import__('decimal').Decimal('1.10')", b"1.10"),
        ("b'raw'", b"raw"),
        ("float('nan')", b"NaN"),
    ],
)
def test_answers(lab: Lab, expression: str, answer: bytes) -> None:
    assert lab.invoke(lab.function(f"def handler(event, context): return {expression}")).payload == answer


def test_answer_that_is_no_json(lab: Lab) -> None:
    error = lab.error(lab.function("def handler(event, context): return {1, 2}"))
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_event_that_is_no_json(lab: Lab) -> None:
    assert lab.error(lab.function("def handler(event, context): pass"), b"{")["errorType"] == "Runtime.UnmarshalError"


def test_answer_over_six_megabytes_leaves_the_environment_alive(lab: Lab) -> None:
    spec = lab.function("n = 0\ndef handler(size, context):\n global n\n n += 1\n return [n, 'x' * size]")
    error = lab.error(spec, 7_000_000)
    assert error == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert lab.value(spec, 1) == [2, "x"]
    assert len(lab.value(spec, 6_000_000)[1]) == 6_000_000


def test_exception(lab: Lab) -> None:
    spec = lab.function("def inner():\n    raise KeyError('k')\ndef handler(event, context):\n    inner()\n")
    result = lab.invoke(spec)
    error = json.loads(result.payload)
    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'k'")
    assert [entry.split(", in ")[1].split("\n")[0] for entry in error["stackTrace"]] == ["handler", "inner"]
    assert error["requestId"]
    assert b"[ERROR] KeyError: 'k'\nTraceback (most recent call last):\n" in result.log_tail


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        ("def handler(:\n", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': "),
        ("x = 1", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("x = 1", "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler': not enough values to unpack"),
        ("x = 1", "sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ("x = 1", "gone.f", "Runtime.ImportModuleError", "Unable to import module 'gone': No module named 'gone'"),
        ("raise ValueError('boo')", "app.handler", "ValueError", "boo"),
    ],
)
def test_errors_at_load(lab: Lab, source: str, handler: str, kind: str, message: str) -> None:
    error = lab.error(lab.function(source, handler=handler))
    assert error["errorType"] == kind
    assert error["errorMessage"].startswith(message)


def test_handler_in_a_folder(lab: Lab) -> None:
    files: dict[str, str | bytes] = {"src/deep/app.py": "def run(event, context): return 'deep'"}
    assert lab.value(lab.function(files, handler="src/deep/app.run")) == "deep"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import sys; sys.exit(4)", "Runtime exited with error: exit status 4"),
        ("import os; os._exit(0)", "Runtime exited without providing a reason"),
        ("import os; os.abort()", "Runtime exited with error: signal: aborted"),
        ("import os; os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_exits(lab: Lab, body: str, reason: str) -> None:
    spec = lab.function(f"def handler(event, context):\n if event: return 'alive'\n {body}")
    error = lab.error(spec)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].startswith("RequestId: ") and error["errorMessage"].endswith(f"Error: {reason}")
    assert lab.value(spec, 1) == "alive"  # in a new environment


def test_other_version_runs_on_the_nearest_and_says_so(lab: Lab) -> None:
    spec = lab.function("import sys\ndef handler(event, context): return sys.version_info[1]", runtime="python3.8")
    result = lab.invoke(spec)
    assert json.loads(result.payload) >= 10
    assert b"Runtime python3.8 is not on this machine: Python 3." in result.log_tail


def test_copy_of_the_runtime_s_own_package_costs_no_time(lab: Lab) -> None:
    import jmespath

    folder = Path(jmespath.__file__).parent
    files: dict[str, str | bytes] = {f"jmespath/{path.name}": path.read_bytes() for path in folder.glob("*.py")}
    files["app.py"] = "import jmespath, boto3\ndef handler(e, c): return jmespath.search('a', e)"
    spec = lab.function(files, runtime=HERE)
    assert lab.value(spec, {"a": 5}) == 5
    environment = lab.environments._idle[spec.key][0]
    assert environment.start_with is not None and environment.start_with.launcher.preload
    changed = {**files, "jmespath/__init__.py": "def search(path, value): return 'mine'"}
    assert lab.value(lab.function(changed), {"a": 5}) == "mine"


def test_large_package_is_compiled_beforehand(own_lab: Lab) -> None:
    body = "".join(f"def f{number}(): return {number}\n" for number in range(4000))
    source = "import big\ndef handler(event, context): return [big.f7(), big.__cached__, big.f7.__code__.co_filename]"
    spec = own_lab.function({"app.py": source, "big.py": body}, runtime=HERE)
    own_lab.value(spec)
    own_lab.run(own_lab.environments.starter.sources.compiled())
    assert list((spec.code / "__pycache__").glob("big.*.pyc"))
    own_lab.run(own_lab.environments.stop(spec.key))
    value, cached, file = own_lab.value(spec)
    assert value == 7 and cached.endswith(".pyc")
    assert file == "/var/task/big.py" or own_lab.environments.launchers.isolation == "none"
