"""Lambda's operations, by AWS's nouns."""

from cloudarium.services.lambda_.operations import (  # noqa: F401
    account,
    aliases,
    concurrency,
    event_sources,
    functions,
    invocations,
    invoke_configs,
    layers,
    managed,
    permissions,
    recursion,
    signing,
    tags,
    urls,
    versions,
)
