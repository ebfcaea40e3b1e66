"""What a function's process finds in its environment: AWS's documented variables, the user's, nothing of the host's."""

from __future__ import annotations

from cloudarium.runtime.launcher import Layout
from cloudarium.runtime.spec import Credentials, FunctionSpec

# Names that AWS sets and a user may not: CreateFunction refuses them.
RESERVED = frozenset(
    [
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
    ]
)

# Where spans go that a function exports: to its Runtime API, since there is no collector beside it. Not so where it
# says something else, or is wrapped by a layer (AWS's distribution), which knows the daemon.
_SPANS, _SPANS_PROTOCOL = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
_OWN_TELEMETRY = frozenset(
    [_SPANS, _SPANS_PROTOCOL, "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "AWS_LAMBDA_EXEC_WRAPPER"]
)


def of_function(
    spec: FunctionSpec,
    layout: Layout,
    runtime_api: str,
    daemon: str,
    stream: str,
    endpoint: str,
    keys: Credentials,
    opt: str,
    tmp: str,
    initialization: str = "on-demand",
) -> dict[str, str]:
    """The whole environment of one execution environment of `spec`."""
    task = "/var/task" if layout.isolate else layout.seen(spec.code)
    family = layout.interpreter.family
    values = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"/usr/local/bin:/usr/bin:/bin:{opt}/bin" + (":/var/lang/bin" if layout.isolate else ""),
        "LD_LIBRARY_PATH": f"/var/lang/lib:/lib64:/usr/lib64:{layout.sdk}:{task}:{task}/lib:{opt}/lib",
        "SHLVL": "0",
        "PWD": task,
    }
    if family == "python":
        values["PYTHONPATH"] = layout.sdk
    if family == "nodejs":
        values["NODE_PATH"] = _node_path(layout, opt, task)
    if not layout.isolate:
        values |= {"TMPDIR": tmp, "HOME": tmp}
    values |= spec.environment
    values |= _reserved(spec, layout, task, runtime_api, stream, keys)
    values |= _tracing(daemon)
    if not _OWN_TELEMETRY & values.keys():
        values |= {_SPANS: f"http://{runtime_api}/v1/traces", _SPANS_PROTOCOL: "http/protobuf"}
    values["AWS_LAMBDA_INITIALIZATION_TYPE"] = initialization
    values.setdefault("AWS_ENDPOINT_URL", endpoint)
    return values


def _tracing(daemon: str) -> dict[str, str]:
    host, _, port = daemon.rpartition(":")
    return {
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": daemon,
        "_AWS_XRAY_DAEMON_ADDRESS": host,
        "_AWS_XRAY_DAEMON_PORT": port,
    }


def _node_path(layout: Layout, opt: str, task: str) -> str:
    major = layout.interpreter.version.partition(".")[0]
    runtime = layout.node_modules.removesuffix("/node_modules")
    places = (f"{opt}/nodejs/node{major}/node_modules", f"{opt}/nodejs/node_modules", layout.node_modules, runtime)
    return ":".join([*places, task])


def _reserved(
    spec: FunctionSpec, layout: Layout, task: str, runtime_api: str, stream: str, keys: Credentials
) -> dict[str, str]:
    values = {
        "_HANDLER": spec.handler,
        "AWS_REGION": spec.region,
        "AWS_DEFAULT_REGION": spec.region,
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.session_token,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": task,
        "LAMBDA_RUNTIME_DIR": "/var/runtime" if layout.isolate else layout.sdk,
    }
    if layout.interpreter.family != "provided":
        values["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{spec.runtime}"
    if spec.log_format == "JSON":
        values["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        values["AWS_LAMBDA_LOG_LEVEL"] = spec.application_log_level or "INFO"
    return values
