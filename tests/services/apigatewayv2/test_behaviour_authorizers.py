"""Authorizers at their edges: keys that change, time that passes, where an identity comes from, narrower sessions."""

import json
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.services.apigatewayv2.conftest import Api

FORBIDDEN, UNAUTHORIZED = {"message": "Forbidden"}, {"message": "Unauthorized"}
JUDGE = """
calls = 0
def handler(event, context):
    global calls
    calls += 1
    asked = event.get("queryStringParameters") or {}
    if asked.get("who") == "nobody":
        return "Unauthorized"
    return {"isAuthorized": asked.get("who") != "denied", "context": {"calls": calls}}
"""


def jwt_route(api, issuer_url, path="GET /x", scopes=(), target=None):
    made = api.client.create_authorizer(
        ApiId=api.id, Name=f"tokens{path}", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer_url, "Audience": ["app", "other-app"]},
    )  # fmt: skip
    guarded = {"AuthorizationType": "JWT", "AuthorizerId": made["AuthorizerId"]}
    return api.route(path, target, **guarded, **({"AuthorizationScopes": list(scopes)} if scopes else {}))


def ask(api, token, path="/x"):
    return api.request("GET", path, {"authorization": f"Bearer {token}"})


def judge(api, make_function, sources, **more):
    """A Lambda authorizer with simple answers."""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{make_function(JUDGE, 'judge')}/invocations"
    made = api.client.create_authorizer(
        ApiId=api.id, Name="judge", AuthorizerType="REQUEST", AuthorizerUri=uri, EnableSimpleResponses=True,
        AuthorizerPayloadFormatVersion="2.0", IdentitySource=sources, **more,
    )  # fmt: skip
    return {"AuthorizationType": "CUSTOM", "AuthorizerId": made["AuthorizerId"]}


@pytest.fixture
def moving(fresh_cloud):
    """An API of a cloud whose clock stands until it is moved."""
    fresh_cloud.control("clock", {"freeze": True})
    client = fresh_cloud.client("apigatewayv2")
    made = client.create_api(Name="api", ProtocolType="HTTP")
    client.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    return Api(fresh_cloud, client, made["ApiId"])


# ---- JWT -------------------------------------------------------------------------------------------------------------


def test_a_token_ends_by_the_clouds_clock(moving, backend, issuer):
    jwt_route(moving, backend.url, target=moving.integration(backend.url))
    token = issuer(exp=int(time.time()) + 600)
    assert ask(moving, token).status == 200
    moving.cloud.clock_advance(601)
    late = ask(moving, token)
    assert (late.status, late.json) == (401, UNAUTHORIZED)
    assert 'error_description="the token has expired"' in late.header("www-authenticate")


def test_a_key_that_is_new_is_fetched_and_one_that_is_gone_proves_nothing(moving, backend, issuer):
    jwt_route(moving, backend.url, target=moving.integration(backend.url))
    assert ask(moving, issuer()).status == 200
    second = RSAKey.generate_key(2048, {"kid": "k2"})
    backend.documents["/keys"] = {"keys": [second.as_dict(private=False)]}
    token = issuer(with_key=second, header={"alg": "RS256", "kid": "k2"}, exp=int(time.time()) + 3 * 3600)
    moving.cloud.clock_advance(31)  # an issuer is not asked for every unknown key
    assert ask(moving, token).status == 200
    assert ask(moving, issuer(exp=int(time.time()) + 3 * 3600)).status == 401


def test_a_published_key_is_no_shared_secret(api, backend, issuer):
    jwt_route(api, backend.url, target=api.integration(backend.url))
    public = json.dumps(backend.documents["/keys"]["keys"][0])
    now = int(time.time())
    claims = {"iss": backend.url, "aud": "app", "iat": now, "exp": now + 60}
    forged = jwt.encode({"alg": "HS256", "kid": "k1"}, claims, OctKey.import_key(public))
    assert ask(api, forged).status == 401


def test_audiences_and_scopes_are_any_of(api, backend, issuer):
    jwt_route(api, backend.url, "GET /x", target=api.integration(backend.url))
    jwt_route(api, backend.url, "GET /scoped", ("read", "admin"), api.integration(backend.url))
    assert ask(api, issuer(aud="other-app")).status == 200
    assert ask(api, issuer(aud=None, client_id="app")).status == 200
    assert ask(api, issuer(aud="stranger", client_id="app")).status == 401, "client_id counts where there is no aud"
    assert ask(api, issuer(aud=None)).status == 401
    assert ask(api, issuer(scope="write admin"), "/scoped").status == 200
    assert ask(api, issuer(scp=["read"]), "/scoped").status == 200
    lacking = ask(api, issuer(scope="write"), "/scoped")
    assert (lacking.status, lacking.json) == (403, FORBIDDEN)
    assert lacking.header("www-authenticate") == 'Bearer scope="read admin" error="insufficient_scope"'


# ---- Lambda ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_for_its_time(moving, make_function_of):
    make_function = make_function_of(moving.cloud)
    sources = ["$request.querystring.who"]
    guarded = judge(moving, make_function, sources, AuthorizerResultTtlInSeconds=60)
    moving.route("GET /{proxy+}", moving.integration(make_function()), **guarded)

    def calls(path):
        return moving.event("GET", path)["requestContext"]["authorizer"]["lambda"]["calls"]

    assert [calls("/a?who=me"), calls("/b?who=me"), calls("/a?who=you")] == [1, 1, 2]
    moving.cloud.clock_advance(59)
    assert calls("/a?who=me") == 1
    moving.cloud.clock_advance(2)
    assert calls("/a?who=me") == 3


def test_where_an_identity_comes_from(api, make_function):
    sources = ["$request.querystring.who", "$stageVariables.place", "$context.routeKey"]
    guarded = judge(api, make_function, sources, AuthorizerResultTtlInSeconds=0)
    api.route("GET /x", api.integration(make_function()), **guarded)
    without = api.request("GET", "/x?who=me")
    assert (without.status, without.json) == (401, UNAUTHORIZED), "the stage has no such variable"
    api.client.update_stage(ApiId=api.id, StageName="$default", StageVariables={"place": "here"})
    assert api.request("GET", "/x?who=me").status == 200
    assert api.request("GET", "/x?who=").status == 401
    denied, nobody = api.request("GET", "/x?who=denied"), api.request("GET", "/x?who=nobody")
    assert (denied.status, denied.json) == (403, FORBIDDEN)
    assert (nobody.status, nobody.json) == (401, UNAUTHORIZED)
    assert [api.event("GET", "/x?who=me")["requestContext"]["authorizer"]["lambda"]["calls"] for _ in "ab"] == [4, 5]


# ---- IAM and throttling ----------------------------------------------------------------------------------------------


def test_a_session_may_no_more_than_its_policy(api, backend, client, account):
    iam, sts = client("iam"), client("sts")
    api.route("GET /{proxy+}", api.integration(backend.url), AuthorizationType="AWS_IAM")
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    arn = f"arn:aws:execute-api:us-east-1:{account}:{api.id}/$default"
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{arn}/*"}
    iam.put_role_policy(
        RoleName="caller", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    )
    user = iam.create_user(UserName="assuming")["User"]
    iam.put_user_policy(
        UserName="assuming", PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}]}),
    )  # fmt: skip
    pair = iam.create_access_key(UserName=user["UserName"])["AccessKey"]
    sts = client("sts", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    less = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": f"{arn}/GET/a"}]})
    keys = sts.assume_role(RoleArn=role, RoleSessionName="less", Policy=less)["Credentials"]

    def status(path):
        request = AWSRequest("GET", f"http://{api.id}.execute-api.localhost:{api.cloud.port}{path}")
        session = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        SigV4Auth(session, "execute-api", "us-east-1").add_auth(request)
        return api.request("GET", path, dict(request.headers.items())).status

    assert (status("/a"), status("/b")) == (200, 403)


def test_a_route_has_a_limit_of_its_own(moving, backend):
    target = moving.integration(backend.url)
    moving.route("GET /few", target)
    moving.route("GET /many", target)
    limits = {"GET /few": {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 0.5}}
    moving.client.update_stage(ApiId=moving.id, StageName="$default", RouteSettings=limits)
    assert [moving.request("GET", "/few").status for _ in range(2)] == [200, 429]
    assert [moving.request("GET", "/many").status for _ in range(3)] == [200] * 3
    moving.cloud.clock_advance(2)
    assert [moving.request("GET", "/few").status for _ in range(2)] == [200, 429]
