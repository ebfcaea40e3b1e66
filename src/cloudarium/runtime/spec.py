"""What goes into the runtime and what comes out: plain values that know no room and no store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloudarium.runtime.streams import ResponseStream


@dataclass(frozen=True, slots=True)
class Credentials:
    """The temporary keys of an execution role; `expires` is epoch seconds of the cloud's clock."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: float


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One version of a function as it is to run. Two specs with the same `key` may share environments.

    `key` must change with anything that a running environment cannot take up: code, configuration, role. `code` is the
    unpacked package, `layers` the unpacked layers in their order; both stay as they are while the spec is in use.
    `environment` holds only the user's variables.
    """

    key: str
    arn: str
    name: str
    version: str
    runtime: str
    handler: str
    role: str
    account: str
    region: str
    code: Path
    layers: tuple[Path, ...] = ()
    memory: int = 128
    timeout: int = 3
    environment: Mapping[str, str] = field(default_factory=dict)
    ephemeral_storage: int = 512
    architecture: str = "x86_64"
    tracing: str = "PassThrough"
    log_group: str = ""
    log_format: str = "Text"
    application_log_level: str = ""
    system_log_level: str = ""
    snap_start: bool = False  # AWS would start it from a snapshot
    network: str = ""  # names the way in which it is attached to a VPC; empty: it is not

    @property
    def function(self) -> str:
        """The function that all its versions share: its unqualified ARN."""
        return ":".join(self.arn.split(":")[:7])


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event for a function; its answer goes into `stream`, where there is one, as it comes."""

    request_id: str
    payload: bytes
    invoked_arn: str
    client_context: str = ""
    cognito_identity: str = ""
    trace_id: str = ""
    stream: ResponseStream | None = None


@dataclass(slots=True)
class InvocationResult:
    """What an invocation gave. `error` is empty or AWS's `Unhandled`; then `payload` is the error's JSON.

    Times are milliseconds. `init` is 0 unless this invocation started its environment, `overhead` is what of the
    duration came after the answer. `log_tail` is the last 4 KiB of what this invocation logged, REPORT line included.
    `provisioned` says that the environment had been started ahead; `spilled` that all such ones were busy.
    """

    payload: bytes
    error: str = ""
    error_type: str = ""
    duration: float = 0.0
    billed: int = 0
    init: float = 0.0
    overhead: float = 0.0
    max_memory: int = 0
    log_stream: str = ""
    log_tail: bytes = b""
    provisioned: bool = False
    spilled: bool = False


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One record of a function's log; `timestamp` is epoch seconds of the cloud's clock."""

    timestamp: float
    message: str


class Throttled(Exception):
    """No environment may be started: the limit that was given, or this machine's, is reached."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RuntimeUnavailable(Exception):
    """What the function's runtime needs is not on this machine; the text says what."""
