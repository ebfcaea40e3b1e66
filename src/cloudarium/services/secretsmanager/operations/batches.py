"""Several secrets at once."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.secretsmanager import errors, resources
from cloudarium.services.secretsmanager.operations import lookup, values
from cloudarium.services.secretsmanager.operations.listing import matching
from cloudarium.shared.errors import AccessDenied, AwsError

Data = dict[str, Any]
_MOST = 20


@operation("BatchGetSecretValue", on=resources.batch)
async def batch_get_secret_value(call: Call) -> Data:
    """The current values of up to twenty secrets; those that cannot be read are named with the reason."""
    given = call.input
    more: Data = {}
    wanted, filters = given.get("SecretIdList"), given.get("Filters")
    if (wanted is None) is (filters is None):
        raise errors.InvalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    if wanted is not None:
        if given.get("MaxResults") is not None:
            raise errors.InvalidParameter(
                "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
            )
        ids = list(dict.fromkeys(wanted))
    else:
        keyed = [(each.name, each.arn) for each in matching(call, filters or ())]
        ids, more = lookup.page(call, keyed, given.get("MaxResults") or _MOST)
    answer: Data = {"SecretValues": [], "Errors": [], **more}
    for text in ids:
        try:
            answer["SecretValues"].append(await _read(call, text))
        except AwsError as error:
            code = "AccessDeniedException" if isinstance(error, AccessDenied) else error.code
            answer["Errors"].append({"SecretId": text, "ErrorCode": code, "Message": error.message})
    return answer


async def _read(call: Call, text: str) -> Data:
    """One of the secrets; the caller needs the permission to read it as if it were asked for alone."""
    decision = call.judged("secretsmanager:GetSecretValue", resources.arn_of(call, text))
    if not decision.allowed:
        raise AccessDenied(decision.message)
    found = lookup.live_secret(call, text)
    return await values.read(call, found, values.selected(call, found, None, None))
