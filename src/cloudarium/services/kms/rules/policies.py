"""Key policies: the default one, what AWS refuses, and whether its writer could still change it."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from cloudarium.policy import principals
from cloudarium.policy.documents import MalformedPolicy, check_document, compile_document
from cloudarium.policy.engine import Policies, Question, decide
from cloudarium.policy.principal import Principal
from cloudarium.services.kms import errors

NAME = "default"
_LONGEST = 32 * 1024
_ANYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'


def default(account: str) -> str:
    """The policy of a key that was made without one: its account's IAM policies decide."""
    policy = {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    return orjson.dumps(policy, option=orjson.OPT_INDENT_2).decode()


def check(text: str) -> None:
    """Raise unless this may be a key policy."""
    if len(text.encode()) > _LONGEST:
        raise errors.LimitExceeded(f"The key policy is longer than {_LONGEST} bytes.")
    try:
        check_document(text, "resource")
    except MalformedPolicy as error:
        raise errors.MalformedPolicy(error.message) from error


def check_lockout(text: str, principal: Principal, arn: str, account: str) -> None:
    """Raise when the policy would not let its writer change it again.

    Whether an IAM policy lets him is not looked at: that the account may decide is enough.
    """
    question = Question(
        principal,
        "kms:PutKeyPolicy",
        arn,
        {"kms:CallerAccount": principal.account},
        resource_account=account,
        resource_policy_required=True,
    )
    document = compile_document(text, arn, "resource")
    if not decide(question, Policies((compile_document(_ANYTHING),), resource=document)).allowed:
        raise errors.MalformedPolicy("The new key policy will not allow you to update the key policy in the future.")


def with_statements(text: str, more: list[dict[str, object]]) -> str:
    """The policy with further statements."""
    document = orjson.loads(text)
    own = document["Statement"]
    document["Statement"] = [*(own if isinstance(own, list) else [own]), *more]
    return orjson.dumps(document).decode()


def names_only(text: str, exists: Callable[[str], bool]) -> bool:
    """Whether all users and roles that a policy names exist."""
    return all(map(exists, principals.named(text)))
