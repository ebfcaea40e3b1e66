"""Mail that arrives, by the door for mail from outside and from SES itself: what each action of a rule makes of it."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest

from tests.services.ses.conftest import SUCCESS, Mailer, refused
from tests.services.ses.smtp import SmtpCloud, refusal
from tests.services.ses.standins import StandInCloud

RAW = (
    "From: Ann <ann@outside.test>\r\nTo: shop@{domain}\r\nSubject: Order\r\nMessage-ID: <1@outside.test>\r\n"
    "\r\nhello\r\n"
)


class InboundCloud(SmtpCloud, StandInCloud):
    """A cloud with SMTP ports, certificates, and a stand-in for topics."""


@pytest.fixture(scope="module")
def inbound_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InboundCloud]:
    running = InboundCloud(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("cloud"))
    yield running
    running.stop()


class Shop(Mailer):
    """An account that receives mail for a domain of its own."""

    cloud: InboundCloud

    def __init__(self, cloud: InboundCloud, account: str) -> None:
        super().__init__(cloud, account)
        self.domain = f"d{account}.test"
        self.v1.verify_domain_identity(Domain=self.domain)
        self.verify_domain(self.domain)
        self.v1.create_receipt_rule_set(RuleSetName="set")
        self.v1.set_active_receipt_rule_set(RuleSetName="set")

    def rule(self, *actions: dict[str, Any], name: str = "rule", **more: Any) -> None:
        given = {"Name": name, "Enabled": True, "Actions": list(actions), **more}
        order = self.v1.describe_receipt_rule_set(RuleSetName="set")["Rules"]
        after = {"After": order[-1]["Name"]} if order else {}
        self.v1.create_receipt_rule(RuleSetName="set", Rule=given, **after)

    def bucket(self, name: str = "") -> str:
        """A bucket into which SES may write for this account, as the developer guide has its policy."""
        made = name or f"mail-{self.account}"
        s3 = self.cloud.client("s3", key=self.account)
        s3.create_bucket(Bucket=made)
        statement = {
            "Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{made}/*",
            "Condition": {
                "StringEquals": {"AWS:SourceAccount": self.account},
                "ArnLike": {"AWS:SourceArn": f"arn:aws:ses:*:{self.account}:receipt-rule-set/set:receipt-rule/*"},
            },
        }  # fmt: skip
        s3.put_bucket_policy(Bucket=made, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        return made

    def objects(self, bucket: str = "") -> dict[str, bytes]:
        """What is in the bucket, by key."""
        self.cloud.settle()
        s3 = self.cloud.client("s3", key=self.account)
        bucket = bucket or f"mail-{self.account}"
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def receive(self, to: str = "", raw: str | bytes = "", source: str = "ann@outside.test", tls: bool = False) -> str:
        """Bring a mail to the door for mail from outside; its id."""
        with self.cloud.plain("inbound-smtp") as client:
            if tls:
                client.starttls(context=self.cloud.trust())
            client.ehlo("mail.outside.test")
            client.mail(source)
            code, said = client.rcpt(to or f"shop@{self.domain}")
            if code != 250:
                raise smtplib.SMTPRecipientsRefused({to: (code, said)})
            given = raw or RAW.format(domain=self.domain)
            code, said = client.data(given.encode() if isinstance(given, str) else given)
            assert code == 250, said
        return said.decode().partition(" ")[2]

    def topic(self, name: str = "posts") -> str:
        return f"arn:aws:sns:us-east-1:{self.account}:{name}"

    def published(self) -> list[dict[str, Any]]:
        """What this account's topics were told of received mail, without what tries them."""
        told = (
            each["input"] for each in self.cloud.told("Publish") if f":{self.account}:" in each["input"]["TopicArn"]
        )
        messages = (json.loads(each["Message"]) for each in told)
        return [each for each in messages if each["notificationType"] != "AmazonSnsSubscriptionSucceeded"]


@pytest.fixture
def shop(inbound_cloud: InboundCloud, account: str) -> Shop:
    return Shop(inbound_cloud, account)


# ---- S3 --------------------------------------------------------------------------------------------------------------


def test_a_mail_from_outside_lands_in_a_bucket(shop: Shop) -> None:
    bucket = shop.bucket()
    shop.rule({"S3Action": {"BucketName": bucket, "ObjectKeyPrefix": "in/"}}, ScanEnabled=True)
    assert list(shop.objects()) == ["in/AMAZON_SES_SETUP_NOTIFICATION"]
    sent = shop.receive()
    content = shop.objects()[f"in/{sent}"]
    read = cast(EmailMessage, message_from_bytes(content, policy=policy.default))
    names = [name for name, _ in read.items()]
    assert names[:6] == [
        "Return-Path", "Received", "X-SES-Spam-Verdict", "X-SES-Virus-Verdict", "Received-SPF",
        "Authentication-Results",
    ]  # fmt: skip
    assert read["Return-Path"] == "<ann@outside.test>" and read["X-SES-Spam-Verdict"] == "PASS"
    assert f"with SMTP id {sent}" in read["Received"] and "[127.0.0.1]" in read["Received"]
    assert content.endswith(RAW.format(domain=shop.domain).encode())
    kept = shop.mail(sent)
    assert kept["status"] == "Received" and kept["to"] == [f"shop@{shop.domain}"] and kept["text"].strip() == "hello"


def test_a_bucket_must_let_ses_in(shop: Shop) -> None:
    s3 = shop.cloud.client("s3", key=shop.account)
    s3.create_bucket(Bucket=f"closed-{shop.account}")
    action = {"S3Action": {"BucketName": f"closed-{shop.account}"}}
    given = {"RuleSetName": "set", "Rule": {"Name": "rule", "Enabled": True, "Actions": [action]}}
    said = refused("InvalidS3Configuration", shop.v1.create_receipt_rule, **given)
    assert said == f"Could not write to bucket: closed-{shop.account}"
    # The other rule set's rules are not what the policy speaks of.
    open_bucket = shop.bucket()
    shop.v1.create_receipt_rule_set(RuleSetName="other")
    action["S3Action"]["BucketName"] = open_bucket
    refused("InvalidS3Configuration", shop.v1.create_receipt_rule, **{**given, "RuleSetName": "other"})
    shop.v1.create_receipt_rule(**given)


def test_a_role_writes_where_the_bucket_has_no_policy(shop: Shop) -> None:
    bucket = f"role-{shop.account}"
    shop.cloud.client("s3", key=shop.account).create_bucket(Bucket=bucket)
    iam = shop.cloud.client("iam", key=shop.account)
    trust = {"Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )
    arn = role["Role"]["Arn"]
    action = {"S3Action": {"BucketName": bucket, "IamRoleArn": arn}}
    given = {"RuleSetName": "set", "Rule": {"Name": "rule", "Enabled": True, "Actions": [action]}}
    refused("InvalidS3Configuration", shop.v1.create_receipt_rule, **given)
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text)
    shop.v1.create_receipt_rule(**given)
    assert shop.receive() in shop.objects(bucket)


def test_mail_that_ses_itself_sends_comes_in(shop: Shop) -> None:
    shop.v1.verify_domain_dkim(Domain=shop.domain)
    shop.verify_domain(shop.domain)
    shop.rule({"S3Action": {"BucketName": shop.bucket()}})
    shop.send(f"me@{shop.domain}", to=f"shop@{shop.domain}", subject="Within")
    [content] = [text for key, text in shop.objects().items() if not key.startswith("AMAZON")]
    assert b"Subject: Within" in content and b"dkim=pass" in content and b"spf=pass" in content
    assert [each["status"] for each in shop.mails(subject="Within")] == ["Received", "Delivery"]
    # For whom nothing is received, mail lands in the mail box alone.
    shop.send(f"me@{shop.domain}", to=SUCCESS, subject="Away")
    shop.cloud.settle()
    assert [each["status"] for each in shop.mails(subject="Away")] == ["Delivery"]


# ---- Who receives ----------------------------------------------------------------------------------------------------


def test_whom_nobody_receives_for(shop: Shop) -> None:
    client = shop.cloud.plain("inbound-smtp")
    shop.rule({"StopAction": {"Scope": "RuleSet"}}, Recipients=[f"shop@{shop.domain}"])
    gone = "550 5.1.1 Requested action not taken: mailbox unavailable"
    assert refusal(client, "ann@outside.test", f"other@{shop.domain}") == gone
    assert refusal(client, "ann@outside.test", "x@nobody.test") == gone
    client.sendmail("ann@outside.test", [f"shop+label@{shop.domain}"], "Subject: s\r\n\r\nt")
    shop.v1.set_active_receipt_rule_set()
    assert refusal(client, "ann@outside.test", f"shop@{shop.domain}") == gone
    assert client.docmd("AUTH", "PLAIN AAAA")[0] == 502
    client.quit()


def test_rules_may_demand_tls_and_filters_block(shop: Shop) -> None:
    shop.rule({"StopAction": {"Scope": "RuleSet"}}, TlsPolicy="Require")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        shop.receive()
    assert caught.value.recipients[""][0] == 530
    assert shop.receive(tls=True)
    shop.v1.create_receipt_filter(Filter={"Name": "all", "IpFilter": {"Policy": "Block", "Cidr": "127.0.0.0/8"}})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        shop.receive(tls=True)
    assert caught.value.recipients[""][0] == 550
    shop.v1.create_receipt_filter(Filter={"Name": "me", "IpFilter": {"Policy": "Allow", "Cidr": "127.0.0.1/32"}})
    assert shop.receive(tls=True)


def test_rules_in_their_order_and_headers_that_they_add(shop: Shop) -> None:
    bucket = shop.bucket()
    store = {"S3Action": {"BucketName": bucket, "ObjectKeyPrefix": "a/"}}
    add = {"AddHeaderAction": {"HeaderName": "X-Shop", "HeaderValue": "one"}}
    shop.rule(add, store, name="first", Recipients=[f"shop@{shop.domain}"])
    shop.rule({"StopAction": {"Scope": "RuleSet"}}, name="stop", Recipients=[f"shop@{shop.domain}"])
    shop.rule({"S3Action": {"BucketName": bucket, "ObjectKeyPrefix": "b/"}}, name="last")
    shop.rule({"S3Action": {"BucketName": bucket, "ObjectKeyPrefix": "off/"}}, name="off", Enabled=False)
    stopped, other = shop.receive(), shop.receive(f"other@{shop.domain}")
    found = shop.objects()
    assert b"\r\nX-Shop: one\r\n" in found[f"a/{stopped}"]
    assert f"b/{stopped}" not in found and f"off/{stopped}" not in found
    assert b"X-Shop" not in found[f"b/{other}"] and f"a/{other}" not in found


def test_what_scanning_finds(shop: Shop) -> None:
    shop.rule({"S3Action": {"BucketName": shop.bucket()}}, ScanEnabled=True)
    spam = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-" + "STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    virus = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    one = shop.receive(raw=f"Subject: s\r\n\r\n{spam}\r\n")
    two = shop.receive(raw=f"Subject: s\r\n\r\n{virus}\r\n")
    found = shop.objects()
    assert b"X-SES-Spam-Verdict: FAIL\r\nX-SES-Virus-Verdict: PASS" in found[one]
    assert b"X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: FAIL" in found[two]


# ---- Functions -------------------------------------------------------------------------------------------------------

CODE = """
import json
def handler(event, context):
    subject = event["Records"][0]["ses"]["mail"]["commonHeaders"]["subject"]
    if subject == "keep":
        import boto3
        boto3.client("s3").put_object(Bucket=context.function_name + "-" + context.invoked_function_arn.split(":")[4],
                                      Key="event", Body=json.dumps(event))
    if subject == "fail":
        raise ValueError("no")
    return {"disposition": subject}
"""


def function(shop: Shop, allowed: bool = True) -> str:
    """A function that answers a mail's subject as the disposition."""
    import io
    import zipfile

    iam, api = shop.cloud.client("iam", key=shop.account), shop.cloud.client("lambda", key=shop.account)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    text = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName="f", AssumeRolePolicyDocument=text)["Role"]["Arn"]
    kept = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::f-{shop.account}/*"}
    iam.put_role_policy(
        RoleName="f", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": kept})
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", CODE)
    made = api.create_function(
        FunctionName="f", Runtime="python3.11", Role=role, Handler="index.handler", Code={"ZipFile": packed.getvalue()}
    )
    if allowed:
        api.add_permission(
            FunctionName="f", StatementId="ses", Action="lambda:InvokeFunction", Principal="ses.amazonaws.com",
            SourceAccount=shop.account,
            SourceArn=f"arn:aws:ses:us-east-1:{shop.account}:receipt-rule-set/set:receipt-rule/rule",
        )  # fmt: skip
    return str(made["FunctionArn"])


def test_a_function_decides_what_happens_next(shop: Shop) -> None:
    arn = function(shop)
    call = {"LambdaAction": {"FunctionArn": arn, "InvocationType": "RequestResponse"}}
    bucket = shop.bucket()
    shop.rule(call, {"S3Action": {"BucketName": bucket, "ObjectKeyPrefix": "a/"}})
    shop.rule({"S3Action": {"BucketName": bucket, "ObjectKeyPrefix": "b/"}}, name="last")
    sent = {}
    for said in ("CONTINUE", "STOP_RULE", "STOP_RULE_SET", "fail", "nonsense"):
        sent[said] = shop.receive(raw=f"From: a@outside.test\r\nSubject: {said}\r\n\r\nt\r\n")
    found = shop.objects()
    places = {said: [prefix for prefix in "ab" if f"{prefix}/{key}" in found] for said, key in sent.items()}
    assert places == {
        "CONTINUE": ["a", "b"], "STOP_RULE": ["b"], "STOP_RULE_SET": [], "fail": ["a", "b"], "nonsense": ["a", "b"],
    }  # fmt: skip


def test_the_event_of_a_function_and_that_it_must_be_allowed(shop: Shop) -> None:
    arn = function(shop, allowed=False)
    action = {"LambdaAction": {"FunctionArn": arn}}
    given = {"RuleSetName": "set", "Rule": {"Name": "rule", "Enabled": True, "Actions": [action]}}
    said = refused("InvalidLambdaFunction", shop.v1.create_receipt_rule, **given)
    assert said == f"Could not invoke Lambda function: {arn}"
    shop.cloud.client("lambda", key=shop.account).add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="ses.amazonaws.com"
    )
    shop.v1.create_receipt_rule(**given)
    shop.cloud.client("s3", key=shop.account).create_bucket(Bucket=f"f-{shop.account}")
    sent = shop.receive(raw=RAW.format(domain=shop.domain).replace("Order", "keep"))
    [record] = json.loads(shop.objects(f"f-{shop.account}")["event"])["Records"]
    assert (record["eventSource"], record["eventVersion"]) == ("aws:ses", "1.0")
    mail, receipt = record["ses"]["mail"], record["ses"]["receipt"]
    assert mail["messageId"] == sent and mail["source"] == "ann@outside.test" and mail["headersTruncated"] is False
    assert mail["destination"] == [f"shop@{shop.domain}"] == receipt["recipients"]
    common = mail["commonHeaders"]
    assert common == {
        "returnPath": "ann@outside.test", "from": ["Ann <ann@outside.test>"], "to": [f"shop@{shop.domain}"],
        "messageId": "<1@outside.test>", "subject": "keep",
    }  # fmt: skip
    assert mail["headers"][0] == {"name": "Return-Path", "value": "<ann@outside.test>"}
    assert receipt["action"] == {"type": "Lambda", "functionArn": arn, "invocationType": "Event"}
    statuses = {name: receipt[f"{name}Verdict"]["status"] for name in ("spam", "virus", "spf", "dkim", "dmarc")}
    assert statuses == {"spam": "DISABLED", "virus": "DISABLED", "spf": "GRAY", "dkim": "GRAY", "dmarc": "GRAY"}


# ---- Topics ----------------------------------------------------------------------------------------------------------


def test_topics_are_told_of_actions(shop: Shop) -> None:
    topic = shop.topic()
    shop.rule({"S3Action": {"BucketName": shop.bucket(), "ObjectKeyPrefix": "in/", "TopicArn": topic}})
    shop.rule({"SNSAction": {"TopicArn": topic, "Encoding": "Base64"}}, name="two")
    shop.rule({"StopAction": {"Scope": "RuleSet", "TopicArn": topic}}, name="three")
    sent = shop.receive()
    first, second, third = shop.published()
    assert first["notificationType"] == "Received" and "content" not in first
    assert first["receipt"]["action"] == {
        "type": "S3", "topicArn": topic, "bucketName": f"mail-{shop.account}", "objectKeyPrefix": "in/",
        "objectKey": f"in/{sent}",
    }  # fmt: skip
    assert second["receipt"]["action"] == {"type": "SNS", "topicArn": topic, "encoding": "BASE64"}
    import base64

    assert base64.b64decode(second["content"]).endswith(b"\r\n\r\nhello\r\n")
    assert third["receipt"]["action"] == {"type": "Stop", "topicArn": topic}
    asked = shop.cloud.told("Publish")[-1]
    assert asked["as"] == "ses.amazonaws.com"
    assert asked["context"]["aws:SourceArn"].endswith(":receipt-rule-set/set:receipt-rule/three")


def test_topics_that_ses_may_not_tell(shop: Shop) -> None:
    def rule(topic: str) -> dict[str, Any]:
        return {"RuleSetName": "set", "Rule": {"Name": "r", "Actions": [{"SNSAction": {"TopicArn": topic}}]}}

    for topic in (shop.topic("closed"), shop.topic("gone"), "none", shop.topic().replace("us-east-1", "eu-west-1")):
        said = refused("InvalidSnsTopic", shop.v1.create_receipt_rule, **rule(topic))
        assert said == f"Invalid SNS topic: {topic}"


def test_without_topics_they_are_refused_by_name(mailer: Mailer) -> None:
    from cloudarium.gateway.rooms import all_rooms

    if "sns" in all_rooms():
        pytest.skip("this cloud has topics")
    mailer.v1.create_receipt_rule_set(RuleSetName="set")
    topic = f"arn:aws:sns:us-east-1:{mailer.account}:t"
    rule = {"Name": "r", "Actions": [{"SNSAction": {"TopicArn": topic}}]}
    assert "sns:Publish" in refused("NotImplemented", mailer.v1.create_receipt_rule, RuleSetName="set", Rule=rule)
    mailer.verify("me@example.com")
    refused(
        "NotImplemented", mailer.v1.set_identity_notification_topic, Identity="me@example.com",
        NotificationType="Bounce", SnsTopic=topic,
    )  # fmt: skip


# ---- Bounces ---------------------------------------------------------------------------------------------------------


def report(shop: Shop, to: str) -> EmailMessage:
    """The newest report that was sent to an address."""
    shop.cloud.settle()
    [found] = shop.mails(to=to)
    return cast(EmailMessage, message_from_bytes(shop.raw(found["id"]), policy=policy.default))


def test_a_rule_bounces(shop: Shop) -> None:
    bounce = {
        "SmtpReplyCode": "552", "StatusCode": "5.2.2", "Message": "Mailbox is full",
        "Sender": f"postmaster@{shop.domain}", "TopicArn": shop.topic(),
    }  # fmt: skip
    shop.rule({"BounceAction": bounce})
    shop.receive()
    read = report(shop, "ann@outside.test")
    assert read["From"] == f"postmaster@{shop.domain}" and read.get_content_type() == "multipart/report"
    parts = [each.get_content_type() for each in read.iter_parts()]
    assert parts == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    fields = list(read.iter_parts())[1].as_string()
    assert f"Final-Recipient: rfc822; shop@{shop.domain}" in fields and "Status: 5.2.2" in fields
    assert "Diagnostic-Code: smtp; 552 5.2.2 Mailbox is full" in fields
    [told] = shop.published()
    assert told["receipt"]["action"] == {
        "type": "Bounce", "topicArn": shop.topic(), "smtpReplyCode": "552", "statusCode": "5.2.2",
        "message": "Mailbox is full", "sender": f"postmaster@{shop.domain}",
    }  # fmt: skip
    shop.receive(source="")  # a report is not answered by another one
    shop.cloud.settle()
    assert len(shop.mails(to="ann@outside.test")) == 1


def test_a_bounce_of_ones_own(shop: Shop, account: str) -> None:
    shop.rule({"StopAction": {"Scope": "RuleSet"}})
    sent = shop.receive()
    given: dict[str, Any] = {
        "OriginalMessageId": sent, "BounceSender": f"postmaster@{shop.domain}", "Explanation": "We moved.",
        "MessageDsn": {"ReportingMta": "dns; mail.shop.test", "ExtensionFields": [{"Name": "X-One", "Value": "1"}]},
        "BouncedRecipientInfoList": [{"Recipient": f"shop@{shop.domain}", "BounceType": "DoesNotExist"}],
    }  # fmt: skip
    assert shop.v1.send_bounce(**given)["MessageId"]
    read = report(shop, "ann@outside.test")
    assert "We moved." in str(read.get_body(("plain",)))
    fields = list(read.iter_parts())[1].as_string()
    assert "Reporting-MTA: dns; mail.shop.test" in fields and "X-One: 1" in fields and "Status: 5.1.1" in fields
    refused("MessageRejected", shop.v1.send_bounce, **{**given, "OriginalMessageId": "none"})
    refused("MessageRejected", shop.v1.send_bounce, **{**given, "BounceSender": "me@unverified.test"})
    bad = {"ReportingMta": "dns; x\r\nBcc: victim@example.com"}
    refused("InvalidParameterValue", shop.v1.send_bounce, **{**given, "MessageDsn": bad})
    refused("InvalidParameterValue", shop.v1.send_bounce, **{**given, "BouncedRecipientInfoList": []})
    other = Mailer(shop.cloud, str(int(account) ^ 1))
    other.verify("me@example.com")
    refused("MessageRejected", other.v1.send_bounce, **{**given, "BounceSender": "me@example.com"})
