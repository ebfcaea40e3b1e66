"""Who may send: by identity, by the condition keys of mail, and across accounts by the identity's own policy."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import RunningCloud
from tests.services.ses.conftest import SUCCESS, Mailer, refused

MESSAGE = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
TO = {"ToAddresses": [SUCCESS]}


def user(mailer: Mailer, statement: dict[str, Any]) -> Any:
    """A client of the first API for a new user with one statement."""
    iam = mailer.cloud.client("iam", key=mailer.account)
    iam.create_user(UserName="sender")
    document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})
    iam.put_user_policy(UserName="sender", PolicyName="p", PolicyDocument=document)
    pair = iam.create_access_key(UserName="sender")["AccessKey"]
    return mailer.cloud.client("ses", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])


def test_the_identity_is_asked_for_and_who_sends_to_whom(mailer: Mailer) -> None:
    mailer.v1.verify_domain_identity(Domain="example.com")
    mailer.verify_domain("example.com")
    arn = f"arn:aws:ses:us-east-1:{mailer.account}:identity/example.com"
    condition = {
        "StringEquals": {"ses:FromAddress": "news@example.com", "ses:FromDisplayName": "News"},
        "ForAllValues:StringLike": {"ses:Recipients": ["*@simulator.amazonses.com"]},
        "StringEqualsIfExists": {"ses:FeedbackAddress": "back@example.com"},
    }
    statement = {"Action": ["ses:SendEmail", "ses:SendRawEmail"], "Resource": arn, "Condition": condition}
    sender = user(mailer, statement)
    given = {"Source": "News <news@example.com>", "Destination": TO, "Message": MESSAGE}
    sender.send_email(**given)
    sender.send_email(**given, ReturnPath="back@example.com")
    words = refused("AccessDenied", sender.send_email, **{**given, "Source": "News <other@example.com>"})
    assert arn in words and "ses:SendEmail" in words
    refused("AccessDenied", sender.send_email, **{**given, "Source": "news@example.com"})
    refused("AccessDenied", sender.send_email, **{**given, "ReturnPath": "elsewhere@example.com"})
    refused("AccessDenied", sender.send_email, **{**given, "Destination": {**TO, "BccAddresses": ["x@example.org"]}})
    raw = b"From: News <news@example.com>\nTo: success@simulator.amazonses.com\nBcc: x@example.org\n\nt"
    refused("AccessDenied", sender.send_raw_email, RawMessage={"Data": raw})
    sender.send_raw_email(RawMessage={"Data": raw.replace(b"x@example.org", b"ooto@simulator.amazonses.com")})


def test_another_account_sends_by_the_identity_s_policy(cloud: RunningCloud, mailer: Mailer) -> None:
    other = Mailer(cloud, str(int(mailer.account) ^ 1))
    mailer.v1.verify_domain_identity(Domain="example.com")
    mailer.verify_domain("example.com")
    arn = f"arn:aws:ses:us-east-1:{mailer.account}:identity/example.com"
    given = {"Source": "me@example.com", "Destination": TO, "Message": MESSAGE, "SourceArn": arn}
    refused("AccessDenied", other.v1.send_email, **given)
    statement = {
        "Effect": "Allow", "Principal": {"AWS": other.account}, "Action": "ses:SendEmail", "Resource": arn,
        "Condition": {"StringEquals": {"ses:FromAddress": "me@example.com"}},
    }  # fmt: skip
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    mailer.v1.put_identity_policy(Identity="example.com", PolicyName="share", Policy=text)
    sent = other.v1.send_email(**given)["MessageId"]
    assert other.mail(sent)["account"] == other.account
    refused("AccessDenied", other.v1.send_email, **{**given, "Source": "you@example.com"})
    without = {name: value for name, value in given.items() if name != "SourceArn"}
    refused("MessageRejected", other.v1.send_email, **without)
    # The policy is about one identity: the account's others are not lent with it.
    mailer.v1.verify_domain_identity(Domain="example.org")
    mailer.verify_domain("example.org")
    statement.pop("Condition")
    wider = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    mailer.v1.put_identity_policy(Identity="example.com", PolicyName="share", Policy=wider)
    refused("MessageRejected", other.v1.send_email, **{**given, "Source": "me@example.org"})
    refused("MessageRejected", other.v1.send_email, **given, ReturnPath="me@example.org")
    other.v1.send_email(**given, ReturnPath="back@example.com")
    mailer.v1.delete_identity_policy(Identity="example.com", PolicyName="share")
    refused("AccessDenied", other.v1.send_email, **given)


def test_policies_of_identities(mailer: Mailer) -> None:
    mailer.v1.verify_domain_identity(Domain="example.com")
    refused("InvalidPolicy", mailer.v1.put_identity_policy, Identity="example.com", PolicyName="p", Policy="{}")
    refused("InvalidParameterValue", mailer.v1.list_identity_policies, Identity="no.example.com")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "ses:SendEmail", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    mailer.v1.put_identity_policy(Identity="example.com", PolicyName="p", Policy=text)
    assert mailer.v1.list_identity_policies(Identity="example.com")["PolicyNames"] == ["p"]
    found = mailer.v1.get_identity_policies(Identity="example.com", PolicyNames=["p", "q"])["Policies"]
    assert found == {"p": text}
