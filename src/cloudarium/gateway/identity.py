"""Who is who: credentials, policies and roles, asked of the rooms with an identity.py, remembered until a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cloudarium.gateway.rooms import rooms_with
from cloudarium.policy.principal import LINKED_ROLE, Credential, Membership, Principal, PrincipalPolicies

if TYPE_CHECKING:
    from cloudarium.store import Store

HOME_ACCOUNT = "000000000000"
ROOT_SECRET = "test"
_MOST = 10_000


@lru_cache(maxsize=1024)  # decisions are remembered for a principal as long as it is the same object
def _root(access_key: str) -> Credential:
    account = HOME_ACCOUNT if access_key == "test" else access_key
    return Credential(Principal.root(account, access_key_id=access_key), ROOT_SECRET)


class Directory:
    """The principals of a cloud. Answers are cached until a room says that "identity" has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version = -1
        self._credentials: dict[str, Credential | None] = {}
        self._policies: dict[str, Any] = {}
        self._roles: dict[str, Any] = {}
        self._memberships: dict[str, Membership | None] = {}
        self._service_control: dict[str, Any] = {}
        self._resource_control: dict[str, Any] = {}

    def credential(self, access_key: str) -> Credential | None:
        """The credential of an access key id, None for an unknown one.

        `test` and every 12-digit id are root keys with the secret `test`, as existing tools expect.
        """
        if access_key == "test" or (len(access_key) == 12 and access_key.isascii() and access_key.isdecimal()):
            return _root(access_key)
        return self._ask(self._credentials, access_key, "find_credential", access_key)

    def policies_of(self, principal: Principal) -> Any:
        """What limits a principal's permissions or grants them, None when no room knows anything of that."""
        return self._ask(self._policies, principal.role_arn or principal.arn, "policies_of", principal, _within)

    def role(self, arn: str) -> Any:
        """What is known of a role by its ARN, None when there is none."""
        return self._ask(self._roles, arn, "find_role", arn)

    def exists(self, principal: str) -> bool:
        """Whether there is a user or role of this ARN or unique id, or a role of which it is a session."""
        return any(module.exists(self._store, principal) for module in _with("identity", "exists"))

    def renamed(self, old: str, new: str) -> None:
        """Have every policy that names the principal `old` (an ARN) name it `new`: see policy/principals.py."""
        for module in _with("resources", "rename_principal"):
            module.rename_principal(self._store, old, new)

    def membership(self, account: str) -> Membership | None:
        """The place of an account in its organisation, None when it is in none."""
        return self._ask(self._memberships, account, "membership", account)

    def service_control(self, account: str) -> tuple[tuple[tuple[str, str], ...], ...]:
        """The policies that limit an account's identities, by level from the root; a management account has none."""
        return self._ask(self._service_control, account, "service_control", account) or ()

    def resource_control(self, account: str) -> tuple[tuple[str, str], ...]:
        """The denials that guard the resources of an account, whoever calls."""
        return self._ask(self._resource_control, account, "resource_control", account) or ()

    def _ask(
        self,
        cache: dict[Any, Any],
        key: Any,
        question: str,
        argument: Any,
        finish: Callable[[Directory, Any, Any], Any] | None = None,
    ) -> Any:
        self._forget_if_changed()
        if key in cache:
            return cache[key]
        answer = None
        for _, module in rooms_with("identity"):
            ask: Callable[..., Any] | None = getattr(module, question, None)
            answer = ask(self._store, argument) if ask is not None else None
            if answer is not None:
                break
        if finish is not None:
            answer = finish(self, argument, answer)
        if len(cache) >= _MOST:
            cache.clear()
        cache[key] = answer
        return answer

    def _forget_if_changed(self) -> None:
        version = self._store.version("identity")
        if version != self._version:
            self._version = version
            for cache in (
                self._credentials,
                self._policies,
                self._roles,
                self._memberships,
                self._service_control,
                self._resource_control,
            ):
                cache.clear()


def _with(module: str, function: str) -> Iterator[ModuleType]:
    return (found for _, found in rooms_with(module) if hasattr(found, function))


def _within(directory: Directory, principal: Principal, found: PrincipalPolicies | None) -> PrincipalPolicies | None:
    """A principal's policies with those of its organisation; services' own principals and roles have none of these."""
    if principal.kind in ("service", "anonymous") or principal.outside or LINKED_ROLE in principal.role_arn:
        return found
    levels = directory.service_control(principal.account)
    return replace(found or PrincipalPolicies(), service_control=levels) if levels else found
