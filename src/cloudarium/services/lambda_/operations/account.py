"""The account's limits and what it uses of them."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.runtime.packages import UNZIPPED_LIMIT
from cloudarium.services.lambda_ import records
from cloudarium.services.lambda_.operations import concurrency
from cloudarium.services.lambda_.rules.concurrency import ACCOUNT
from cloudarium.services.lambda_.rules.configuration import ZIP_LIMIT

_CODE_BYTES = 80530636800


@operation("GetAccountSettings")
def get_account_settings(call: Call) -> dict[str, Any]:
    """Limits and usage in this region."""
    functions, size = records.usage(call.store, call.scope)
    return {
        "AccountLimit": {
            "TotalCodeSize": _CODE_BYTES,
            "CodeSizeUnzipped": UNZIPPED_LIMIT,
            "CodeSizeZipped": ZIP_LIMIT,
            "ConcurrentExecutions": ACCOUNT,
            "UnreservedConcurrentExecutions": concurrency.unreserved(call),
        },
        "AccountUsage": {"TotalCodeSize": size, "FunctionCount": functions},
    }
