"""Policies of an organisation: written, and then in the way of a member's root."""

from __future__ import annotations

import json

from tests.fuzz.area import grammar
from tests.fuzz.furniture import BUCKET, bucket
from tests.fuzz.grammars.iam import CONDITIONS, WORDS
from tests.fuzz.target import Target

_MANAGER = "999988887777"
_TYPES = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
_DENIAL = {"Effect": "Deny", "Action": ["s3:Get*"], "Resource": f"arn:aws:s3:::{BUCKET}/*"}


def _document(**statement: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [statement]}


_SERVICE = [_document(**_DENIAL, Condition=condition) for condition in CONDITIONS] + [
    _document(Effect="Allow", NotAction="iam:*", NotResource="arn:aws:s3:::other"),
    _document(Effect="Deny", Action="*", Resource="*", Sid="Never"),
]
_RESOURCE = [_document(**_DENIAL, Principal="*", Condition=condition) for condition in CONDITIONS]


def _prepare(target: Target) -> None:
    """The target's account as a member, with one policy of each type attached to it."""
    bucket(target)
    target.do("organizations", "CreateOrganization", _MANAGER)
    root = target.do("organizations", "ListRoots", _MANAGER)["Roots"][0]["Id"]
    party = {"Id": target.account, "Type": "ACCOUNT"}
    handshake = target.do("organizations", "InviteAccountToOrganization", _MANAGER, Target=party)["Handshake"]["Id"]
    target.do("organizations", "AcceptHandshake", HandshakeId=handshake)
    for short, kind in _TYPES.items():
        target.do("organizations", "EnablePolicyType", _MANAGER, RootId=root, PolicyType=kind)
        content = json.dumps((_SERVICE if short == "scp" else _RESOURCE)[0])
        given = {"Name": short, "Description": "", "Type": kind, "Content": content}
        made = target.do("organizations", "CreatePolicy", _MANAGER, **given)
        target.known[short] = made["Policy"]["PolicySummary"]["Id"]
        target.do("organizations", "AttachPolicy", _MANAGER, PolicyId=target.known[short], TargetId=target.account)


def _write(target: Target, short: str, text: str) -> None:
    if target.ask("organizations", "UpdatePolicy", _MANAGER, PolicyId=target.known[short], Content=text).status < 300:
        target.ask("s3", "GetObject", Bucket=BUCKET, Key="key")
        target.ask("s3", "ListObjectsV2", Bucket=BUCKET)
        target.ask("sts", "GetCallerIdentity")


def _service_control(target: Target, text: str) -> None:
    _write(target, "scp", text)


def _resource_control(target: Target, text: str) -> None:
    _write(target, "rcp", text)


grammar("organizations-scp", _SERVICE, _service_control, WORDS, _prepare)
grammar("organizations-rcp", _RESOURCE, _resource_control, WORDS, _prepare)
