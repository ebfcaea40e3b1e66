"""Who may administer pools, and what a user needs no permission for."""

from __future__ import annotations

import json

from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, fails


def test_one_pool_in_a_policy(iam_user, idp, pool):
    other = PoolAt(idp)
    arn = idp.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Arn"]
    statement = {"Effect": "Allow", "Action": "cognito-idp:Admin*", "Resource": arn}
    mine = iam_user({"Version": "2012-10-17", "Statement": [statement]})("cognito-idp")
    pool.user()
    assert mine.admin_get_user(UserPoolId=pool.id, Username="ann")["Enabled"] is True
    said = fails("AccessDeniedException", mine.admin_get_user, UserPoolId=other.id, Username="ann")
    assert "cognito-idp:AdminGetUser" in said
    fails("AccessDeniedException", mine.delete_user_pool, UserPoolId=pool.id)


def test_a_pool_by_its_tags(iam_user, idp):
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    statement = {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": "*", "Condition": condition}
    mine = iam_user({"Version": "2012-10-17", "Statement": [statement]})("cognito-idp")
    red, blue = (PoolAt(idp, UserPoolTags={"team": team}) for team in ("red", "blue"))
    mine.describe_user_pool(UserPoolId=red.id)
    fails("AccessDeniedException", mine.describe_user_pool, UserPoolId=blue.id)


def test_a_user_needs_a_token_and_no_permission(iam_user, pool):
    pool.user()
    nobody = iam_user()("cognito-idp")
    given = {"USERNAME": "ann", "PASSWORD": PASSWORD}
    begin = {"ClientId": pool.client, "AuthParameters": given}
    token = nobody.initiate_auth(**begin, AuthFlow="USER_PASSWORD_AUTH")["AuthenticationResult"]["AccessToken"]
    assert nobody.get_user(AccessToken=token)["Username"] == "ann"
    admin = {**begin, "UserPoolId": pool.id, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    fails("AccessDeniedException", nobody.admin_initiate_auth, **admin)


def test_a_function_that_only_another_pool_may_invoke(client, idp, account):
    """A trigger runs only where the function's own policy lets this very pool in."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    functions = client("lambda")
    arn = functions.create_function(
        FunctionName="f", Role=role, Runtime="python3.11", Handler="app.handler", Code={"ZipFile": buffer.getvalue()}
    )["FunctionArn"]
    functions.add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="cognito-idp.amazonaws.com",
        SourceArn=f"arn:aws:cognito-idp:us-east-1:{account}:userpool/us-east-1_other",
    )  # fmt: skip
    pool = PoolAt(idp, LambdaConfig={"PreSignUp": arn})
    said = fails("UnexpectedLambdaException", idp.sign_up, ClientId=pool.client, Username="ann", Password=PASSWORD)
    assert said == "PreSignUp invocation failed due to error AccessDeniedException."
