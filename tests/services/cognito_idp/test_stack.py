"""User pools in CloudFormation stacks."""

from __future__ import annotations

import json
from typing import Any

from tests.services.cognito_idp.conftest import fails


def template(**pool: Any) -> str:
    resources = {
        "Pool": {
            "Type": "AWS::Cognito::UserPool",
            "Properties": {
                "UserPoolName": "shop",
                "AutoVerifiedAttributes": ["email"],
                "Schema": [{"Name": "plan", "AttributeDataType": "String", "Mutable": "true"}],
                "Policies": {"PasswordPolicy": {"MinimumLength": "10"}},
                "MfaConfiguration": "OPTIONAL",
                "EnabledMfas": ["SOFTWARE_TOKEN_MFA"],
                **pool,
            },
        },
        "App": {
            "Type": "AWS::Cognito::UserPoolClient",
            "Properties": {"UserPoolId": {"Ref": "Pool"}, "GenerateSecret": True},
        },
        "Staff": {
            "Type": "AWS::Cognito::UserPoolGroup",
            "Properties": {"UserPoolId": {"Ref": "Pool"}, "GroupName": "staff", "Precedence": 1},
        },
        "Ann": {
            "Type": "AWS::Cognito::UserPoolUser",
            "Properties": {"UserPoolId": {"Ref": "Pool"}, "Username": "ann", "MessageAction": "SUPPRESS"},
        },
        "Orders": {
            "Type": "AWS::Cognito::UserPoolResourceServer",
            "Properties": {
                "UserPoolId": {"Ref": "Pool"},
                "Identifier": "orders",
                "Name": "Orders",
                "Scopes": [{"ScopeName": "read", "ScopeDescription": "Read"}],
            },
        },
        "Machine": {
            "Type": "AWS::Cognito::UserPoolClient",
            "DependsOn": "Orders",
            "Properties": {
                "UserPoolId": {"Ref": "Pool"},
                "GenerateSecret": "true",
                "AllowedOAuthFlows": ["client_credentials"],
                "AllowedOAuthFlowsUserPoolClient": "true",
                "AllowedOAuthScopes": ["orders/read"],
            },
        },
        "Pages": {
            "Type": "AWS::Cognito::UserPoolDomain",
            "Properties": {"UserPoolId": {"Ref": "Pool"}, "Domain": {"Fn::Sub": "shop-${AWS::AccountId}"}},
        },
        "In": {
            "Type": "AWS::Cognito::UserPoolUserToGroupAttachment",
            "DependsOn": "Staff",
            "Properties": {"UserPoolId": {"Ref": "Pool"}, "GroupName": "staff", "Username": {"Ref": "Ann"}},
        },
    }
    outputs = {
        "Pool": {"Value": {"Ref": "Pool"}},
        "Issuer": {"Value": {"Fn::GetAtt": ["Pool", "ProviderURL"]}},
        "Client": {"Value": {"Ref": "App"}},
        "Secret": {"Value": {"Fn::GetAtt": ["App", "ClientSecret"]}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_a_pool_with_all_that_is_in_it(client, idp):
    stacks = client("cloudformation")
    stacks.create_stack(StackName="s", TemplateBody=template(), Tags=[{"Key": "team", "Value": "red"}])
    stacks.get_waiter("stack_create_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    made = {
        one["OutputKey"]: one["OutputValue"] for one in stacks.describe_stacks(StackName="s")["Stacks"][0]["Outputs"]
    }
    pool = idp.describe_user_pool(UserPoolId=made["Pool"])["UserPool"]
    assert made["Issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{made['Pool']}"
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 10
    assert (pool["MfaConfiguration"], pool["UserPoolTags"]["team"]) == ("OPTIONAL", "red")
    app = idp.describe_user_pool_client(UserPoolId=made["Pool"], ClientId=made["Client"])["UserPoolClient"]
    assert app["ClientSecret"] == made["Secret"]
    members = idp.list_users_in_group(UserPoolId=made["Pool"], GroupName="staff")["Users"]
    assert [user["Username"] for user in members] == ["ann"]
    assert pool["Domain"].startswith("shop-")
    changed = template(UserPoolName="store", MfaConfiguration="OFF", EnabledMfas=[])
    changed = changed.replace('"Domain": {', '"ManagedLoginVersion": "2", "Domain": {')
    stacks.update_stack(StackName="s", TemplateBody=changed)
    stacks.get_waiter("stack_update_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    pool = idp.describe_user_pool(UserPoolId=made["Pool"])["UserPool"]
    assert (pool["Name"], pool["MfaConfiguration"]) == ("store", "OFF")
    domain = idp.describe_user_pool_domain(Domain=pool["Domain"])["DomainDescription"]
    assert (domain["UserPoolId"], domain["ManagedLoginVersion"]) == (made["Pool"], 2)
    stacks.delete_stack(StackName="s")
    stacks.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    fails("ResourceNotFoundException", idp.describe_user_pool, UserPoolId=made["Pool"])


def test_an_outside_provider(client: Any) -> None:
    details = {
        "client_id": "x", "client_secret": "y", "attributes_request_method": "GET", "authorize_scopes": "openid",
        "oidc_issuer": "https://far.example.com", "authorize_url": "https://far.example.com/a",
        "token_url": "https://far.example.com/t", "attributes_url": "https://far.example.com/u",
        "jwks_uri": "https://far.example.com/k",
    }  # fmt: skip
    far: dict[str, Any] = {"UserPoolId": {"Ref": "Pool"}, "ProviderName": "Far", "ProviderType": "OIDC"}
    far |= {"ProviderDetails": details, "AttributeMapping": {"email": "email"}, "IdpIdentifiers": ["far"]}
    app = {"UserPoolId": {"Ref": "Pool"}, "SupportedIdentityProviders": ["COGNITO", {"Ref": "Far"}]}

    def body() -> str:
        resources = {
            "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {}},
            "Far": {"Type": "AWS::Cognito::UserPoolIdentityProvider", "Properties": far},
            "App": {"Type": "AWS::Cognito::UserPoolClient", "Properties": app},
        }
        return json.dumps({"Resources": resources, "Outputs": {"Pool": {"Value": {"Ref": "Pool"}}}})

    stacks, idp = client("cloudformation"), client("cognito-idp")
    stacks.create_stack(StackName="far", TemplateBody=body())
    stacks.get_waiter("stack_create_complete").wait(StackName="far", WaiterConfig={"Delay": 1})
    pool = stacks.describe_stacks(StackName="far")["Stacks"][0]["Outputs"][0]["OutputValue"]
    named = {"UserPoolId": pool, "ProviderName": "Far"}
    found = idp.describe_identity_provider(**named)["IdentityProvider"]
    assert (found["IdpIdentifiers"], found["AttributeMapping"]) == (["far"], {"email": "email", "username": "sub"})
    del far["IdpIdentifiers"]
    far["AttributeMapping"] = {"nickname": "nick"}
    stacks.update_stack(StackName="far", TemplateBody=body())
    stacks.get_waiter("stack_update_complete").wait(StackName="far", WaiterConfig={"Delay": 1})
    found = idp.describe_identity_provider(**named)["IdentityProvider"]
    assert (found["IdpIdentifiers"], found["AttributeMapping"]) == ([], {"nickname": "nick", "username": "sub"})
    stacks.delete_stack(StackName="far")
    stacks.get_waiter("stack_delete_complete").wait(StackName="far", WaiterConfig={"Delay": 1})
    fails("ResourceNotFoundException", idp.describe_identity_provider, **named)


def test_a_stack_says_how_a_pool_tells_its_users(client):
    stacks, idp = client("cloudformation"), client("cognito-idp")
    group = {"Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Log}"}
    delivery = {"LogLevel": "ERROR", "EventSource": "userNotification"}
    resources = {
        "Log": {"Type": "AWS::Logs::LogGroup"},
        "Pool": {
            "Type": "AWS::Cognito::UserPool",
            "Properties": {
                "MfaConfiguration": "OPTIONAL",
                "EnabledMfas": ["SMS_MFA", "EMAIL_OTP"],
                "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "e"},
                "EmailConfiguration": {
                    "EmailSendingAccount": "DEVELOPER",
                    "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/from@example.com",
                },
                "EmailAuthenticationMessage": "Code: {####}",
                "EmailAuthenticationSubject": "A code",
                "Policies": {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": "3"}},
                "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"},
            },
        },
        "Delivery": {
            "Type": "AWS::Cognito::LogDeliveryConfiguration",
            "Properties": {
                "UserPoolId": {"Ref": "Pool"},
                "LogConfigurations": [{**delivery, "CloudWatchLogsConfiguration": {"LogGroupArn": group}}],
            },
        },
    }
    outputs = {"Pool": {"Value": {"Ref": "Pool"}}}
    text = json.dumps({"Resources": resources, "Outputs": outputs})
    stacks.create_stack(StackName="told", TemplateBody=text)
    stacks.get_waiter("stack_create_complete").wait(StackName="told", WaiterConfig={"Delay": 1})
    id = stacks.describe_stacks(StackName="told")["Stacks"][0]["Outputs"][0]["OutputValue"]
    pool = idp.describe_user_pool(UserPoolId=id)["UserPool"]
    assert pool["Policies"]["PasswordPolicy"]["PasswordHistorySize"] == 3
    assert pool["VerificationMessageTemplate"]["DefaultEmailOption"] == "CONFIRM_WITH_LINK"
    factors = idp.get_user_pool_mfa_config(UserPoolId=id)
    assert factors["SmsMfaConfiguration"]["SmsConfiguration"]["ExternalId"] == "e"
    assert factors["EmailMfaConfiguration"] == {"Message": "Code: {####}", "Subject": "A code"}
    assert "SoftwareTokenMfaConfiguration" not in factors
    found = idp.get_log_delivery_configuration(UserPoolId=id)["LogDeliveryConfiguration"]["LogConfigurations"]
    assert [one["EventSource"] for one in found] == ["userNotification"]
    del resources["Delivery"]
    stacks.update_stack(StackName="told", TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
    stacks.get_waiter("stack_update_complete").wait(StackName="told", WaiterConfig={"Delay": 1})
    assert idp.get_log_delivery_configuration(UserPoolId=id)["LogDeliveryConfiguration"]["LogConfigurations"] == []
