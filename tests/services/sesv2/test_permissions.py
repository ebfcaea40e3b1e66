"""Who may do what by the second API."""

from __future__ import annotations

import json

from tests.services.ses.conftest import SUCCESS, Mailer, refused


def test_condition_keys_of_sending(mailer: Mailer) -> None:
    mailer.v2.create_email_identity(EmailIdentity="example.com")
    mailer.verify_domain("example.com")
    iam = mailer.cloud.client("iam", key=mailer.account)
    iam.create_user(UserName="sender")
    condition = {
        "StringEquals": {"ses:ApiVersion": "2"},
        "StringLike": {"ses:FromAddress": "*@news.example.com"},
        "ForAllValues:StringLike": {"ses:Recipients": "*@simulator.amazonses.com"},
    }
    arn = f"arn:aws:ses:us-east-1:{mailer.account}:identity/example.com"
    statement = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": arn, "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="sender", PolicyName="p", PolicyDocument=document)
    pair = iam.create_access_key(UserName="sender")["AccessKey"]
    settings = {"key": pair["AccessKeyId"], "secret": pair["SecretAccessKey"]}
    v1, v2 = mailer.cloud.client("ses", **settings), mailer.cloud.client("sesv2", **settings)
    body = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    given = {
        "FromEmailAddress": "a@news.example.com",
        "Destination": {"ToAddresses": [SUCCESS]},
        "Content": {"Simple": body},
    }
    v2.send_email(**given)
    refused("AccessDeniedException", v2.send_email, **{**given, "FromEmailAddress": "a@example.com"})
    other = {"ToAddresses": [SUCCESS], "CcAddresses": ["x@example.com"]}
    refused("AccessDeniedException", v2.send_email, **{**given, "Destination": other})
    raw = {"Raw": {"Data": b"From: a@example.com\nTo: success@simulator.amazonses.com\n\nt"}}
    refused("AccessDeniedException", v2.send_email, Content=raw)
    foreign = f"arn:aws:ses:us-east-1:{mailer.account}:identity/back.example.org"
    refused("AccessDeniedException", v2.send_email, **given, FeedbackForwardingEmailAddressIdentityArn=foreign)
    message = {"Source": "a@news.example.com", "Destination": {"ToAddresses": [SUCCESS]}, "Message": body}
    refused("AccessDenied", v1.send_email, **message)


def test_policies_of_identities(mailer: Mailer) -> None:
    api = mailer.v2
    api.create_email_identity(EmailIdentity="a@example.com")
    given = {"EmailIdentity": "a@example.com", "PolicyName": "p"}
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Principal": "*", "Action": "ses:SendEmail", "Resource": "*"},
        }
    )
    refused("NotFoundException", api.update_email_identity_policy, **given, Policy=text)
    refused("BadRequestException", api.create_email_identity_policy, **given, Policy="{}")
    api.create_email_identity_policy(**given, Policy=text)
    refused("AlreadyExistsException", api.create_email_identity_policy, **given, Policy=text)
    assert api.get_email_identity_policies(EmailIdentity="a@example.com")["Policies"] == {"p": text}
    assert api.get_email_identity(EmailIdentity="a@example.com")["Policies"] == {"p": text}
    api.delete_email_identity_policy(**given)
    assert api.get_email_identity_policies(EmailIdentity="a@example.com")["Policies"] == {}
