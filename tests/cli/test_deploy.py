"""deploy: code is packaged, the stack made or changed, and what fails is shown with its reason."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from cloudarium.cli import packaging
from cloudarium.cli.progress import line
from cloudarium.services.cloudformation.template import reading
from tests.cli.conftest import Cli

FUNCTION = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Word: {Type: String, Default: plain}
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.11
      Environment: {Variables: {WORD: !Ref Word}}
Outputs:
  Name: {Value: !Ref Greeter}
  Word: {Value: !Ref Word}
"""
HANDLER = """
import os
import tinything
def handler(event, context):
    return [tinything.WORD, os.environ["WORD"]]
"""


def parameter(value: str, kind: str = "String") -> str:
    return f"Resources: {{Setting: {{Type: AWS::SSM::Parameter, Properties: {{Type: {kind}, Value: {value}}}}}}}"


def tiny_wheel(folder: Path) -> Path:
    """A wheel of one module, as pip takes it."""
    path, info = folder / "tinything-1.0-py3-none-any.whl", "tinything-1.0.dist-info"
    files = {
        "tinything.py": "WORD = 'installed'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tinything\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for name, text in files.items()
    )
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            wheel.writestr(name, text)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a template and a function that needs a package."""
    (tmp_path / "src" / "__pycache__").mkdir(parents=True)
    (tmp_path / "src" / "__pycache__" / "app.pyc").write_bytes(b"old")
    (tmp_path / "src" / "app.py").write_text(HANDLER)
    (tmp_path / "src" / "requirements.txt").write_text(f"{tiny_wheel(tmp_path)}\n")
    (tmp_path / "template.yaml").write_text(FUNCTION)
    return tmp_path


def client(up: Cli, service: str) -> Any:
    exports = up.json("env")
    return boto3.client(
        service, "us-east-1", endpoint_url=exports["AWS_ENDPOINT_URL"], aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip


def test_a_function_with_requirements_is_built_deployed_and_runs(up: Cli, project: Path) -> None:
    words = ("deploy", project / "template.yaml", "--stack-name", "greeter")
    shown = up.ok(*words, "--parameter", "Word=given", PIP_NO_INDEX="1").splitlines()
    assert shown[0] == "  packaging Greeter (src)"
    assert [text.split() for text in shown[1:3]] == [
        ["✓", "create", "GreeterRole", "AWS::IAM::Role"],
        ["✓", "create", "Greeter", "AWS::Lambda::Function"],
    ]
    assert len(shown) == 5  # one line per resource, then the outputs
    name = shown[3].split()[1]
    answer = client(up, "lambda").invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == ["installed", "given"]

    second = up.json(*words, PIP_NO_INDEX="1")  # the parameter that is not given stays what it was
    assert second == {"stack": "greeter", "changed": False, "outputs": {"Name": name, "Word": "given"}}
    assert "nothing to change" in up.ok(*words)
    third = up.json(*words, "-p", "Word=other")
    assert (third["changed"], third["outputs"]["Word"]) == (True, "other")


def test_a_change_of_the_code_is_a_change(up: Cli, project: Path) -> None:
    (project / "src" / "requirements.txt").unlink()
    (project / "src" / "app.py").write_text("def handler(event, context): return 1\n")
    words = ("deploy", project / "template.yaml", "--stack-name", "changing")
    assert up.json(*words)["changed"] is True
    os.utime(project / "src" / "app.py", (1, 1))  # the time of a file is none
    assert up.json(*words)["changed"] is False
    (project / "src" / "app.py").write_text("def handler(event, context): return 2\n")
    done = up.json(*words)
    assert done["changed"] is True
    assert json.load(client(up, "lambda").invoke(FunctionName=done["outputs"]["Name"])["Payload"]) == 2


def test_the_same_files_give_the_same_bytes(project: Path) -> None:
    template = reading.read((project / "template.yaml").read_text())
    (artifact,) = packaging.artifacts(template, project)
    first = packaging.zipped(artifact, project / "cache-a").read_bytes()
    os.utime(project / "src" / "app.py", (1, 1))
    assert packaging.zipped(artifact, project / "cache-b").read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        names = archive.namelist()
    assert {"app.py", "tinything.py", "requirements.txt"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_a_layer_that_is_built_has_its_packages_below_python(project: Path) -> None:
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "src"}}
    built = {"Resources": {"Layer": {**layer, "Metadata": {"BuildMethod": "python3.11"}}}}
    for template, expected in ((built, "python/tinything.py"), ({"Resources": {"Layer": layer}}, "app.py")):
        (artifact,) = packaging.artifacts(template, project)
        with zipfile.ZipFile(packaging.zipped(artifact, project / "cache")) as archive:
            assert expected in archive.namelist()


def test_pip_installs_again_only_what_other_requirements_name(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(project))
    code, requirements = project / "src" / "app.py", project / "src" / "requirements.txt"

    def built() -> dict[str, bytes]:
        (artifact,) = packaging.artifacts(reading.read((project / "template.yaml").read_text()), project)
        with zipfile.ZipFile(packaging.zipped(artifact, project / "cache")) as archive:
            assert len(set(archive.namelist())) == len(archive.namelist())
            return {name: archive.read(name) for name in archive.namelist()}

    (project / "src" / "more.txt").write_text("tinything\n")
    requirements.write_text("-r more.txt\n")
    assert "tinything.py" in built()
    requirements.write_text("tinything\n")
    first = built()
    (wheel,) = project.glob("*.whl")
    wheel.unlink()
    code.write_text("changed = True\n")
    assert built() == {**first, "app.py": b"changed = True\n"}
    own = project / "src" / "tinything.py"
    own.write_text("WORD = 'own'\n")
    assert built()["tinything.py"] == b"WORD = 'own'\n", "a library's file does not stand over one's own"

    for wanted in ("tinything>=1\n", "-r more.txt\n"):
        requirements.write_text(wanted)
        with pytest.raises(packaging.PackagingFailed, match="pip could not install"):
            built()


def test_templates_of_any_shape_are_left_to_cloudformation(tmp_path: Path) -> None:
    for template in (
        {},
        {"Resources": None},
        {"Resources": {"A": None, "B": {"Type": ["x"]}}, "Globals": []},
        {"Resources": {"C": {"Type": "AWS::Serverless::Function", "Properties": None, "Metadata": 1}}},
    ):
        assert list(packaging.artifacts(template, tmp_path)) == []  # fmt: skip


def test_code_that_is_not_there_is_said(up: Cli, project: Path) -> None:
    (project / "template.yaml").write_text(FUNCTION.replace("src/", "sources/"))
    said = up.fails("deploy", project / "template.yaml", "--stack-name", "missing")
    assert said == f"cloudarium: Greeter: CodeUri 'sources/' is not in {project}\n"


def test_requirements_that_cannot_be_had_are_said(up: Cli, project: Path) -> None:
    (project / "src" / "requirements.txt").write_text("no-such-package-here==1\n")
    said = up.fails("deploy", project / "template.yaml", "--stack-name", "needs", PIP_NO_INDEX="1")
    assert "Greeter: pip could not install its requirements" in said
    assert "no-such-package-here" in said


def test_a_link_that_leads_nowhere_is_said(up: Cli, project: Path) -> None:
    (project / "src" / "requirements.txt").unlink()
    (project / "src" / "gone.py").symlink_to(project / "nowhere")
    assert "gone.py" in up.fails("deploy", project / "template.yaml", "--stack-name", "links")


def test_a_failed_stack_shows_its_reason_and_can_be_deployed_again(up: Cli, tmp_path: Path) -> None:
    template = tmp_path / "bad.yaml"
    template.write_text(parameter("x", kind="Sting"))
    done = up.run("deploy", template, "--stack-name", "failing")
    assert done.returncode == 1
    assert "✗ create" in done.stdout
    assert "#/Type: Sting is not a valid enum value" in done.stdout
    assert "rolling back" in done.stdout
    assert done.stderr == "cloudarium: stack failing ended in ROLLBACK_COMPLETE; its reasons are above\n"
    template.write_text(parameter("x"))
    shown = up.ok("deploy", template, "--stack-name", "failing")
    assert "the failed first deployment is deleted" in shown
    assert "✓ create" in shown


def test_a_refused_template_and_parameter_are_said(up: Cli, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {A: {Type: AWS::No::Such}}")
    assert "AWS::No::Such" in up.fails("deploy", template, "--stack-name", "refused")
    template.write_text("Resources: [")
    assert "cloudarium: " in up.fails("deploy", template, "--stack-name", "refused")
    template.write_bytes(b"\xff\xfe\x00")
    assert "cloudarium: " in up.fails("deploy", template, "--stack-name", "refused")
    template.write_text("Parameters: {Needed: {Type: String}}\nResources: {A: {Type: AWS::S3::Bucket}}")
    assert "[Needed]" in up.fails("deploy", template, "--stack-name", "refused")
    assert up.run("deploy", template, "-p", "nonsense").returncode == 2
    assert up.run("deploy", tmp_path / "nothing.yaml").returncode == 2


def test_who_may_not_deploy_is_told(up: Cli, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(parameter("x"))
    iam = client(up, "iam")
    iam.create_user(UserName="deploys-nothing")
    pair = iam.create_access_key(UserName="deploys-nothing")["AccessKey"]
    said = up.fails(
        "deploy", template, AWS_ACCESS_KEY_ID=pair["AccessKeyId"], AWS_SECRET_ACCESS_KEY=pair["SecretAccessKey"]
    )
    assert "is not authorized to perform: cloudformation:" in said


def test_a_session_of_a_role_deploys_with_its_token(up: Cli, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(parameter("x"))
    iam, sts = client(up, "iam"), client(up, "sts")
    account = sts.get_caller_identity()["Account"]
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    policy = {"Version": "2012-10-17", "Statement": trust}
    role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(policy))["Role"]
    iam.attach_role_policy(RoleName="deployer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_user(UserName="developer")
    may = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}
    iam.put_user_policy(UserName="developer", PolicyName="p", PolicyDocument=json.dumps(may))
    pair = iam.create_access_key(UserName="developer")["AccessKey"]
    developer = boto3.client(
        "sts", "us-east-1", endpoint_url=sts.meta.endpoint_url, aws_access_key_id=pair["AccessKeyId"],
        aws_secret_access_key=pair["SecretAccessKey"],
    )  # fmt: skip
    session = developer.assume_role(RoleArn=role["Arn"], RoleSessionName="by-cli")["Credentials"]
    keys = {"AWS_ACCESS_KEY_ID": session["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"]}
    words = ("deploy", template, "--stack-name", "by-session")
    assert "invalid" in up.fails(*words, **keys)
    assert up.json(*words, AWS_SESSION_TOKEN=session["SessionToken"], **keys)["changed"]
    assert not up.json(*words, "--token", session["SessionToken"], **keys)["changed"]


def test_the_stacks_name_is_the_folders(tmp_path: Path) -> None:
    for folder, name in (("my_app", "my-app"), ("2nd", "stack-2nd"), ("über shop", "ber-shop")):
        (tmp_path / folder).mkdir()
        assert packaging.stack_name_for(tmp_path / folder / "template.yaml") == name


def test_lines_of_progress() -> None:
    def event(status: str, reason: str = "") -> dict[str, str]:
        return {"LogicalResourceId": "A", "ResourceType": "T", "ResourceStatus": status, "ResourceStatusReason": reason}

    assert "✓" in line(event("UPDATE_COMPLETE", "ignored")) and "ignored" not in line(
        event("UPDATE_COMPLETE", "ignored")
    )
    assert "\\[red]" in line(event("CREATE_FAILED", "Parameters: [red]"))  # brackets are no markup
    assert line(event("CREATE_FAILED", "Resource creation cancelled")).endswith("T  cancelled")
    assert "kept" in line(event("DELETE_SKIPPED", "kept"))
