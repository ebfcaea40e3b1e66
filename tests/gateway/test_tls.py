"""https and http on one port, by the clients that developers use; rude clients hold nothing."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError

from cloudarium.gateway import tls
from cloudarium.gateway.certificates import Authority
from tests.clients.tools import Shell
from tests.conftest import RunningCloud

BIG = 20 * 1024 * 1024
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class SecureCloud(RunningCloud):
    """A cloud that answers https too."""

    def __init__(self, data: Path | None, state: Path) -> None:
        super().__init__(data, state)
        self.ca = str(state / "cloudarium" / "ca.pem")

    @property
    def https(self) -> str:
        """The endpoint over TLS."""
        return f"https://localhost:{self.port}"

    def trusting(self, service: str, endpoint: str = "", key: str = "test", **settings: Any) -> Any:
        """A boto3 client over TLS that trusts the authority."""
        config = {"retries": {"max_attempts": 1, "mode": "standard"}, "s3": {"addressing_style": "path"}, **settings}
        return boto3.session.Session().client(
            service, region_name="us-east-1", endpoint_url=endpoint or self.https, verify=self.ca,
            aws_access_key_id=key, aws_secret_access_key="test", config=Config(**config),
        )  # fmt: skip


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureCloud]:
    running = SecureCloud(None, tmp_path_factory.mktemp("state"))
    yield running
    running.stop()


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that knows *.localhost, as those of browsers do."""
    found = socket.getaddrinfo

    def resolve(host: Any, *further: Any, **named: Any) -> Any:
        known = isinstance(host, str) and host.endswith((".localhost", ".amazonaws.com"))
        return found("127.0.0.1" if known else host, *further, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


# ---- Clients ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_boto3_speaks_to_it(secure: SecureCloud, account: str, host: str) -> None:
    endpoint = f"https://{host}:{secure.port}"
    assert secure.trusting("sts", endpoint, account).get_caller_identity()["Account"] == account
    table = secure.trusting("dynamodb", endpoint, account)
    table.create_table(
        TableName="table", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )  # fmt: skip
    table.put_item(TableName="table", Item={"k": {"S": "ü"}})
    assert table.get_item(TableName="table", Key={"k": {"S": "ü"}})["Item"] == {"k": {"S": "ü"}}


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_s3_by_path_and_by_host(secure: SecureCloud, account: str, hosts: None, style: str) -> None:
    bucket, key = f"my-{style}-{account}", "a b/ü+&.txt"
    endpoint = f"https://s3.localhost:{secure.port}"
    s3 = secure.trusting("s3", endpoint, account, s3={"addressing_style": style}, signature_version="s3v4")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=key, Body=b"content")  # botocore sends a trailing checksum over https
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"content"
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == 7
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key})
    assert url.startswith("https://") and (f"{bucket}.s3.localhost" in url) == (style == "virtual")
    answer = requests.get(url, verify=secure.ca, timeout=20)
    assert (answer.status_code, answer.content) == (200, b"content")
    assert requests.get(url + "0", verify=secure.ca, timeout=20).status_code == 403


def test_a_large_stream_goes_up_and_down(secure: SecureCloud, account: str) -> None:
    s3, bucket, content = secure.trusting("s3", key=account), f"big-{account}", os.urandom(BIG)
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=content)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert hashlib.sha256(got["Body"].read()).digest() == hashlib.sha256(content).digest()
    assert got["ChecksumCRC32"]
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=f"none-{account}", Key="k", Body=content)
    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"


def test_a_policy_may_demand_tls(secure: SecureCloud, account: str) -> None:
    s3, bucket = secure.trusting("s3", key=account), f"tls-{account}"
    s3.create_bucket(Bucket=bucket)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    secured = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [secured]}))
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key="k")


def test_a_policy_may_demand_a_version_of_tls(secure: SecureCloud, account: str) -> None:
    s3, bucket = secure.trusting("s3", key=account), f"version-{account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    for operator, version, allowed in (("NumericLessThan", "1.2", True), ("NumericGreaterThanEquals", "1.2", False)):
        statement = {**deny, "Condition": {operator: {"s3:TlsVersion": version}}}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        if allowed:
            assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
            plain = secure.client("s3", key=account)  # over plain HTTP there is no version to compare
            assert plain.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
            continue
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket=bucket, Key="k")


def test_who_does_not_trust_the_authority_refuses_it(secure: SecureCloud) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secure.https}/_cloudarium/health", timeout=20)
    untrusting = boto3.client(
        "sts", region_name="us-east-1", endpoint_url=secure.https, aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}),
    )  # fmt: skip
    with pytest.raises(SSLError):
        untrusting.get_caller_identity()
    assert secure.control("health")["status"] == "running"


def test_the_aws_cli_needs_the_environment_alone(secure: SecureCloud, account: str, tmp_path: Path) -> None:
    shell = Shell(secure.https, tmp_path, key=account)
    told = shell.aws("sts", "get-caller-identity", AWS_CA_BUNDLE=secure.ca)
    assert json.loads(told)["Account"] == account


def test_curl_speaks_both_on_one_port(secure: SecureCloud) -> None:
    program = shutil.which("curl") or pytest.skip("curl is not installed")

    def curl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, "--silent", "--show-error", *words], capture_output=True, text=True)

    path = f"localhost:{secure.port}/_cloudarium/health"
    for words in (["--cacert", secure.ca, f"https://{path}"], [f"http://{path}"]):
        assert json.loads(curl(*words).stdout)["status"] == "running"
    assert "SSL certificate" in curl(f"https://{path}").stderr
    name = f"bucket.s3.us-east-1.amazonaws.com:{secure.port}"
    told = curl("--cacert", secure.ca, "--resolve", f"{name}:127.0.0.1", "--head", f"https://{name}/")
    assert told.stdout.startswith("HTTP/1.1 4"), told
    other = f"example.com:{secure.port}"
    told = curl("--cacert", secure.ca, "--resolve", f"{other}:127.0.0.1", f"https://{other}/")
    assert "unrecognized name" in told.stderr


def test_node_needs_the_environment_alone(secure: SecureCloud) -> None:
    program = shutil.which("node") or pytest.skip("Node.js is not installed")
    code = f"fetch('{secure.https}/_cloudarium/health').then(r => r.json()).then(j => console.log(j.status))"
    trusting = {**os.environ, "NODE_EXTRA_CA_CERTS": secure.ca}
    told = subprocess.run([program, "-e", code], env=trusting, capture_output=True, text=True)
    assert told.stdout == "running\n", told.stderr
    assert subprocess.run([program, "-e", code], capture_output=True).returncode == 1


def test_a_function_uses_plain_http(secure: SecureCloud, account: str) -> None:
    iam, function = secure.trusting("iam", key=account), secure.trusting("lambda", key=account)
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    code = "import os\ndef handler(event, context):\n    return os.environ['AWS_ENDPOINT_URL']\n"
    runtime = f"python3.{sys.version_info.minor}"
    function.create_function(
        FunctionName="f", Runtime=runtime, Role=role, Handler="app.handler", Code={"ZipFile": zipped(code)}
    )
    told = json.load(function.invoke(FunctionName="f")["Payload"])
    assert told == f"http://127.0.0.1:{secure.port}"


def zipped(code: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("app.py", code)
    return data.getvalue()


def test_the_authority_outlives_a_crash(tmp_path: Path) -> None:
    running = SecureCloud(tmp_path / "data", tmp_path / "state")
    try:
        made = Path(running.ca).read_bytes()
        assert (Path(running.ca).with_name("ca-key.pem").stat().st_mode & 0o777) == 0o600
        running.trusting("ssm").put_parameter(Name="p", Value="v", Type="String")
        running.restart()
        assert Path(running.ca).read_bytes() == made
        assert running.trusting("ssm").get_parameter(Name="p")["Parameter"]["Value"] == "v"
    finally:
        running.stop()


# ---- Rude clients ----------------------------------------------------------------------------------------------------


def client_hello(name: str = "localhost") -> bytes:
    leaving = ssl.MemoryBIO()
    side = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), leaving, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    return leaving.read()


def everything(raw: socket.socket) -> bytes:
    parts = []
    try:
        while part := raw.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16",
        b"\x16\x03\x01\xff\xff" + b"x" * 200,
        b"\x16\x03\x01\x00\x05hello",
        b"\x16" * 70_000,
        b"\x16 GET / HTTP/1.1\r\n\r\n",
        client_hello() + os.urandom(500),
        client_hello() + client_hello(),
        client_hello("example.com"),
        client_hello()[:100],
        b"\x80\x2e\x01\x00\x02",  # as SSL 2 began: no TLS here, and no HTTP
    ],
    ids=["type", "long", "short", "many", "http", "rubbish", "twice", "foreign", "a part", "ssl 2"],
)
def test_broken_handshakes_end(secure: SecureCloud, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        answered = everything(raw)
    assert b"HTTP/1.1 2" not in answered
    assert secure.control("health")["status"] == "running"


def test_a_name_that_is_not_ours_is_told_so(secure: SecureCloud) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as raw:
        raw.sendall(client_hello("evil.example.com"))
        told = everything(raw)
    assert struct.unpack("!BBBHBB", told[:7])[0] == 21 and told[5:7] == bytes([2, 112])  # fatal, unrecognized_name


def test_requests_and_endings_in_odd_pieces(secure: SecureCloud) -> None:
    context = ssl.create_default_context(cafile=secure.ca)
    request = b"GET /_cloudarium/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", secure.port), timeout=20) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as secured,
    ):
        for place in range(len(request)):
            secured.sendall(request[place : place + 1])
        assert secured.recv(4096).startswith(b"HTTP/1.1 200")
        secured.sendall(request * 20)
        file = secured.makefile("rb")
        seen = b""
        while seen.count(b"HTTP/1.1 200") < 20 or not seen.endswith(b"}\n"):
            seen += file.read1(65536)
        secured.sendall(b"rubbish\r\n\r\n")
        assert file.read().startswith(b"HTTP/1.1 400")  # and a goodbye, else reading would raise


def test_a_port_without_tls_speaks_none(cloud: RunningCloud) -> None:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as raw:
        raw.sendall(client_hello())
        assert everything(raw).startswith(b"HTTP/1.1 400")


# ---- Patience: what a client may hold, and for how long --------------------------------------------------------------


class Kept(asyncio.Protocol):
    """Stands for a connection; remembers what reached it."""

    def __init__(self) -> None:
        self.got = b""
        self.lost = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        if self.got.endswith(b"?"):
            self.transport.write(b"!" * 3_000_000)
            self.transport.close()
            self.transport.write(b"too late")

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True


def beside(folder: Path, talk: Callable[[int, SimpleNamespace, list[Kept]], Any]) -> None:
    """Run a coroutine beside a server that has nothing but a Front for each client."""

    async def run() -> None:
        context = Authority(folder).context()
        server, kept = SimpleNamespace(connections=set()), []

        def make() -> Any:
            kept.append(Kept())
            return kept[-1]

        listener = await asyncio.get_running_loop().create_server(
            lambda: tls.Front(make, server, context),  # type: ignore[arg-type]
            "127.0.0.1",
        )
        port = listener.sockets[0].getsockname()[1]
        await asyncio.wait_for(talk(port, server, kept), 20)
        listener.close()

    asyncio.run(run())


async def gone(server: SimpleNamespace) -> None:
    while server.connections:
        await asyncio.sleep(0)


@pytest.mark.parametrize("said", [b"", client_hello()[:40], client_hello()], ids=["nothing", "a part", "a hello"])
def test_who_does_not_finish_holds_nothing(tmp_path: Path, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_FIRST_BYTE", 0.05)
    monkeypatch.setattr(tls, "_PATIENCE", 0.05)

    async def talk(port: int, server: SimpleNamespace, kept: list[Kept]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        while True:  # until the other side hangs up
            try:
                if not await reader.read(65536):
                    break
            except ConnectionResetError:
                break
        await gone(server)
        assert not kept
        writer.close()

    beside(tmp_path, talk)


def test_a_handshake_byte_by_byte_has_no_more_time_than_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_PATIENCE", 0.05)

    async def talk(port: int, server: SimpleNamespace, kept: list[Kept]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        hello = client_hello()
        for place in range(len(hello) - 1):
            writer.write(hello[place : place + 1])
            if writer.is_closing() or reader.at_eof() or reader.exception() is not None:
                break
            await asyncio.sleep(0.002)
        else:
            pytest.fail("the server waits for a client that is too slow")
        await gone(server)
        writer.close()

    beside(tmp_path, talk)


def test_plain_and_secured_clients_reach_the_same_connection(tmp_path: Path) -> None:
    async def talk(port: int, server: SimpleNamespace, kept: list[Kept]) -> None:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        for secured in (None, trusting):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=secured)
            writer.write(b"hel")
            writer.write(b"lo?")
            assert await reader.read() == b"!" * 3_000_000
            assert kept[-1].got == b"hello?"
            writer.close()
            await gone(server)
        assert not server.connections
        while not all(each.lost for each in kept):
            await asyncio.sleep(0)

    beside(tmp_path, talk)


def test_a_stop_ends_those_who_have_not_finished(tmp_path: Path) -> None:
    async def talk(port: int, server: SimpleNamespace, kept: list[Kept]) -> None:
        for said in (b"", client_hello()):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            if said:
                await reader.readexactly(1)  # its handshake has begun
            while not server.connections:
                await asyncio.sleep(0)
            for each in list(server.connections):
                each.shutdown()
            await gone(server)
            writer.close()

    beside(tmp_path, talk)


def test_the_cloud_stops_in_order_with_clients_connected(tmp_path: Path) -> None:
    running = SecureCloud(None, tmp_path)
    context = ssl.create_default_context(cafile=running.ca)
    with (
        socket.create_connection(("127.0.0.1", running.port)) as half,
        socket.create_connection(("127.0.0.1", running.port)) as silent,
        urllib.request.urlopen(f"{running.https}/_cloudarium/health", context=context),
    ):
        half.sendall(client_hello())
        half.recv(1)
        running.process.terminate()
        assert running.process.wait(20) in (0, -signal.SIGTERM)  # in order, not by force
        assert silent.recv(1) == b""
    running.stop()
