"""Sign-ups that a link confirms, clients whose secret is rotated, and the log of what could not be delivered."""

from __future__ import annotations

import html
import json
import re
import urllib.error
import urllib.request
from typing import Any

from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, fails, mail

TEMPLATE = {
    "DefaultEmailOption": "CONFIRM_WITH_LINK",
    "EmailMessageByLink": "Dear reader, {##follow me##}.",
    "EmailSubjectByLink": "One click more",
}


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_link_in_the_mail_confirms_the_sign_up_once(idp, cloud, account):
    pool = PoolAt(idp, AutoVerifiedAttributes=["email"], VerificationMessageTemplate=TEMPLATE)
    client = pool.make_client(GenerateSecret=False)
    email = {"Name": "email", "Value": "link@example.com"}
    given = {"ClientId": client, "Username": "ann & co", "Password": PASSWORD, "UserAttributes": [email]}
    given["Username"] = "ann&co"
    assert "domain" in fails("CodeDeliveryFailureException", idp.sign_up, **given)
    idp.admin_delete_user(UserPoolId=pool.id, Username="ann&co")
    idp.create_user_pool_domain(UserPoolId=pool.id, Domain=f"linked{account}")
    idp.sign_up(**given)
    sent = mail(cloud, "link@example.com")
    link = re.search(r'Dear reader, <a href="([^"]+)">follow me</a>\.', sent["html"])
    assert link is not None
    assert sent["subject"] == "One click more"
    url = html.unescape(link[1])
    assert re.search(r"/confirmUser\?client_id=\w+&user_name=ann%26co&confirmation_code=\d{6}$", url)
    assert status_of(url.replace("confirmation_code=", "confirmation_code=9")) == 400
    assert status_of(url) == 200
    user = idp.admin_get_user(UserPoolId=pool.id, Username="ann&co")
    assert user["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]
    assert status_of(url) == 400


def sign_in(pool: PoolAt, client: str, secret: str) -> Any:
    import base64
    import hashlib
    import hmac

    proof = base64.b64encode(hmac.digest(secret.encode(), b"ann" + client.encode(), hashlib.sha256)).decode()
    given = {"USERNAME": "ann", "PASSWORD": PASSWORD, "SECRET_HASH": proof}
    return pool.idp.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)


def test_two_secrets_hold_while_they_are_rotated(idp, pool):
    pool.user()
    client = pool.make_client(GenerateSecret=True)
    named = {"UserPoolId": pool.id, "ClientId": client}
    first = idp.describe_user_pool_client(**named)["UserPoolClient"]["ClientSecret"]
    made = idp.add_user_pool_client_secret(**named)["ClientSecretDescriptor"]
    second = made["ClientSecretValue"]
    for secret in (first, second):
        refresh = sign_in(pool, client, secret)["AuthenticationResult"]["RefreshToken"]
        assert idp.get_tokens_from_refresh_token(ClientId=client, RefreshToken=refresh, ClientSecret=secret)
    fails("LimitExceededException", idp.add_user_pool_client_secret, **named)
    listed = idp.list_user_pool_client_secrets(**named)["ClientSecrets"]
    assert [set(one) for one in listed] == [{"ClientSecretId", "ClientSecretCreateDate"}] * 2
    assert listed[0]["ClientSecretId"].startswith(f"{client}--")
    idp.delete_user_pool_client_secret(**named, ClientSecretId=listed[0]["ClientSecretId"])
    fails("NotAuthorizedException", sign_in, pool=pool, client=client, secret=first)
    assert idp.describe_user_pool_client(**named)["UserPoolClient"]["ClientSecret"] == second
    last = {**named, "ClientSecretId": made["ClientSecretId"]}
    assert "last" in fails("InvalidParameterException", idp.delete_user_pool_client_secret, **last)
    own = idp.add_user_pool_client_secret(**named, ClientSecret="x" * 24)["ClientSecretDescriptor"]
    assert "ClientSecretValue" not in own
    assert sign_in(pool, client, "x" * 24)
    public = {"UserPoolId": pool.id, "ClientId": pool.client}
    fails("InvalidParameterException", idp.add_user_pool_client_secret, **public)
    assert idp.list_user_pool_client_secrets(**public)["ClientSecrets"] == []


def test_what_could_not_be_delivered_is_logged(idp, pool, client, cloud, account):
    logs = client("logs")
    logs.create_log_group(logGroupName="/aws/vendedlogs/pool")
    group = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/vendedlogs/pool"
    config = {
        "LogLevel": "ERROR",
        "EventSource": "userNotification",
        "CloudWatchLogsConfiguration": {"LogGroupArn": group},
    }
    given = {"UserPoolId": pool.id, "LogConfigurations": [config]}
    assert idp.get_log_delivery_configuration(UserPoolId=pool.id)["LogDeliveryConfiguration"]["LogConfigurations"] == []
    assert idp.set_log_delivery_configuration(**given)["LogDeliveryConfiguration"] == given
    assert idp.get_log_delivery_configuration(UserPoolId=pool.id)["LogDeliveryConfiguration"] == given
    for change, code in (
        ({"EventSource": "userAuthEvents"}, "NotImplemented"),
        ({"LogLevel": "INFO"}, "InvalidParameterException"),
        ({"CloudWatchLogsConfiguration": {}}, "InvalidParameterException"),
    ):
        wrong = {"UserPoolId": pool.id, "LogConfigurations": [{**config, **change}]}
        fails(code, idp.set_log_delivery_configuration, **wrong)
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    nowhere = f"arn:aws:lambda:us-east-1:{account}:function:nowhere"
    senders = {"CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": nowhere}, "KMSKeyID": key}
    idp.update_user_pool(UserPoolId=pool.id, AutoVerifiedAttributes=["email"], LambdaConfig=senders)
    email = {"Name": "email", "Value": "nowhere@example.com"}
    idp.sign_up(ClientId=pool.client, Username="ann", Password=PASSWORD, UserAttributes=[email])
    cloud.settle()
    events = logs.get_log_events(logGroupName="/aws/vendedlogs/pool", logStreamName="NotificationDelivery")["events"]
    told = json.loads(events[0]["message"])
    assert (told["eventSource"], told["logLevel"]) == ("USER_NOTIFICATION", "ERROR")
    assert told["logSourceId"] == {"userPoolId": pool.id}
    assert "CustomEmailSender_SignUp" in told["message"]["details"]
