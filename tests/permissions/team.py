"""A user whose policy is replaced again and again, to see what he may by it."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from tests.conftest import RunningCloud
from tests.permissions.taggables import TRUST, Ask

DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")


class Team:
    """A user of an account of his own, whose one policy is replaced again and again."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud, self.account = cloud, account
        self._names = (f"thing-{number}" for number in range(10_000))
        self._clients: dict[tuple[str, str], Any] = {}
        self.root("iam").create_user(UserName="caller")
        key = self.root("iam").create_access_key(UserName="caller")["AccessKey"]
        self.key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        self.root("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)
        self.root("organizations").create_organization(FeatureSet="ALL")

    def root(self, service: str) -> Any:
        """A client of the account's root."""
        return self._client(service, self.account, "test")

    def _client(self, service: str, key: str, secret: str) -> Any:
        known = self._clients.get((service, key))
        if known is None:
            known = self.cloud.client(service, key=key, secret=secret, parameter_validation=False)
            self._clients[service, key] = known
        return known

    def grant(self, condition: dict[str, Any], action: str = "") -> None:
        """Allow `action`, or anything but to pass roles, where the condition holds; all else in any case."""
        chosen = {"Action": action} if action else {"NotAction": "iam:PassRole"}
        rest = {"NotAction": action} if action else {"Action": "iam:PassRole"}
        statement = {"Effect": "Allow", **chosen, "Resource": "*", "Condition": condition}
        statements = [statement, {"Effect": "Allow", **rest, "Resource": "*"}]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.root("iam").put_user_policy(UserName="caller", PolicyName="only", PolicyDocument=document)

    def may(self, service: str, ask: Ask) -> bool:
        """Whether the user may make this call, whatever else becomes of it."""
        method, given = ask
        try:
            getattr(self._client(service, self.key, self.secret), method)(**given)
        except ClientError as error:
            return error.response["Error"]["Code"] not in DENIED
        return True

    def new(self) -> str:
        """A name that is nobody else's in the account."""
        return next(self._names)
