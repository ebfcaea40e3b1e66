"""What the tests of API Gateway v2 share: a function, an HTTP backend, and raw requests at the door."""

import http.client
import io
import json
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
ECHO = """
import json
def handler(event, context):
    body = event.get("body")
    if body and body.startswith("return "):
        return json.loads(body[7:])
    if body == "raise":
        raise ValueError("no")
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}
"""


class Answer(NamedTuple):
    """A response as it came over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name):
        """The values of a header, joined by commas; None when there is none."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ",".join(values) if values else None

    @property
    def json(self):
        """The body as JSON."""
        return json.loads(self.body)


class Api:
    """An HTTP API under test."""

    def __init__(self, cloud, client, api_id):
        self.cloud, self.client, self.id = cloud, client, api_id

    def request(self, method, path, headers=None, body=None, by_host=True):
        """Send a request to the API, by its host or by the cloud's path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=60)
        named = {"host": f"{self.id}.execute-api.localhost:{self.cloud.port}"} if by_host else {}
        target = path if by_host else f"/_aws/execute-api/{self.id}{path}"
        connection.request(method, target, body, {**named, **(headers or {})})
        response = connection.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        connection.close()
        return answer

    def event(self, method, path, headers=None, body=None, **how):
        """The event that the echoing function got for a request."""
        return self.request(method, path, headers, body, **how).json

    def integration(self, uri, **more):
        """A new integration's target."""
        function = uri.startswith("arn:")
        given = {
            "IntegrationType": "AWS_PROXY" if function else "HTTP_PROXY",
            "PayloadFormatVersion": "2.0" if function else "1.0",
            **({} if function else {"IntegrationMethod": "ANY"}),
            **more,
        }
        made = self.client.create_integration(ApiId=self.id, IntegrationUri=uri, **given)
        return f"integrations/{made['IntegrationId']}"

    def route(self, key, target, **more):
        """A new route."""
        return self.client.create_route(ApiId=self.id, RouteKey=key, Target=target, **more)


@pytest.fixture
def apigateway(client):
    return client("apigatewayv2")


@pytest.fixture
def make_function(client):
    """Makes a Lambda function that API Gateway may invoke; its ARN."""
    return _maker(client)


@pytest.fixture
def make_function_of():
    """The same in any cloud."""
    return lambda cloud: _maker(cloud.client)


def _maker(client):
    def make(code=ECHO, name="echo", allowed=True):
        iam, functions = client("iam"), client("lambda")
        try:
            role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        except iam.exceptions.EntityAlreadyExistsException:
            role = iam.get_role(RoleName="function")["Role"]["Arn"]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("app.py", code)
        made = functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": packed.getvalue()},
        )
        if allowed:
            functions.add_permission(
                FunctionName=name,
                StatementId="api",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
            )
        return made["FunctionArn"]

    return make


@pytest.fixture
def api(cloud, apigateway):
    """An API with an empty $default stage that deploys by itself."""
    made = apigateway.create_api(Name="api", ProtocolType="HTTP")
    apigateway.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    return Api(cloud, apigateway, made["ApiId"])


class _Backend(BaseHTTPRequestHandler):
    def _answer(self):
        length = int(self.headers.get("content-length") or 0)
        told = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode("latin-1"),
        }
        documents = self.server.documents
        content = json.dumps(documents.get(self.path, told)).encode()
        self.send_response(200)
        for name, value in (
            ("content-type", "application/json"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("access-control-allow-origin", "https://backend.example"),
            ("content-length", str(len(content))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _answer  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture
def backend():
    """An HTTP server that tells what it was sent; `documents` are what it serves at other paths."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Backend)
    server.documents = {}
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def issuer(backend):
    """An issuer of tokens: signs claims with a key that it publishes."""
    key = RSAKey.generate_key(2048, {"kid": "k1"})
    backend.documents["/.well-known/openid-configuration"] = {"jwks_uri": f"{backend.url}/keys"}
    backend.documents["/keys"] = {"keys": [key.as_dict(private=False)]}

    def sign(with_key=key, header=None, **claims):
        now = int(time.time())
        every = {"iss": backend.url, "aud": "app", "iat": now, "exp": now + 60, **claims}
        kept = {name: value for name, value in every.items() if value is not None}
        return jwt.encode(header or {"alg": "RS256", "kid": "k1"}, kept, with_key)

    return sign
