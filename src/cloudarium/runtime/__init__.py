"""Supervised real processes: Lambda's execution environments. Knows no room and no store."""

from cloudarium.runtime.environments import Environments
from cloudarium.runtime.networks import Network
from cloudarium.runtime.packages import PackageError, Packages
from cloudarium.runtime.spec import (
    Credentials,
    FunctionSpec,
    Invocation,
    InvocationResult,
    LogEvent,
    RuntimeUnavailable,
    Throttled,
)

__all__ = [
    "Credentials",
    "Environments",
    "FunctionSpec",
    "Invocation",
    "InvocationResult",
    "LogEvent",
    "Network",
    "PackageError",
    "Packages",
    "RuntimeUnavailable",
    "Throttled",
]
