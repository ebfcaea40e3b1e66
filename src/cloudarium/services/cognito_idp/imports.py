"""Imports of users, as they go on without a request: some lines at a time, each with its line in the pool's log."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.cognito_idp import newcomers, people, triggers
from cloudarium.services.cognito_idp.records import imports, pools
from cloudarium.services.cognito_idp.records.imports import Job
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.rules import imports as rules
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_AT_ONCE = 200
_DONE = "Import Job Completed Successfully."
_FAILED = "Too many users have failed or been skipped during the import."
_COUNTS = {"SUCCEEDED": "ImportedUsers", "SKIPPED": "SkippedUsers", "FAILED": "FailedUsers"}


async def go_on(call: Call, pool: Pool, job: Job) -> None:
    """Import the next lines of a job's file, and leave the rest for later."""
    try:
        table = rules.lines(pool.data, imports.content(call.store, job) or b"")
    except rules.BadFile as bad:
        _end(call, job, "Failed", str(bad))
        return
    first = job.data["line"] == 1
    writer = await _writer(call, pool, job, begin=first)
    if writer is None:
        _end(call, job, "Failed", "The role for CloudWatch Logs cannot be used to write the log of the import.")
        return
    begin = job.data["line"]
    told = _imported(call, pool, job, table[0], table[begin : begin + _AT_ONCE])
    if told:
        events = [{"timestamp": int(call.now * 1000), "message": text} for text in told]
        given = {**_stream(pool, job), "logEvents": events}
        await call.send("logs", "PutLogEvents", given, as_=writer, scope=pool.scope)
    current = imports.find(call.store, pool.id, job.id)
    if current is None:
        return
    if current.data["Status"] == "Stopping":
        _end(call, current, "Stopped", "The import job was stopped.")
    elif current.data["line"] >= len(table):
        failed = not current.data["ImportedUsers"] and len(table) > 1
        _end(call, current, "Failed" if failed else "Succeeded", _FAILED if failed else _DONE)
    else:
        with call.transaction():
            call.later("Import", {"pool": pool.id, "job": job.id}, key=job.id, service="cognito-idp")


def _imported(call: Call, pool: Pool, job: Job, columns: list[str], chosen: list[list[str]]) -> list[str]:
    """What became of some lines, for the log; the users and how far the job is are kept together."""
    told = []
    counts = {name: job.data[name] for name in _COUNTS.values()}
    with call.transaction():
        for number, line in enumerate(chosen, job.data["line"] + 1):
            kind, text = _take(call, pool, columns, line)
            counts[_COUNTS[kind]] += 1
            told.append(f"[{kind}] Line Number {number} - {text}")
        state = imports.find(call.store, pool.id, job.id)
        status = "Stopping" if state is not None and state.data["Status"] == "Stopping" else "InProgress"
        line = job.data["line"] + len(chosen)
        imports.put(call.store, job._replace(data={**job.data, **counts, "Status": status, "line": line}))
    return told


def _take(call: Call, pool: Pool, columns: list[str], line: list[str]) -> tuple[str, str]:
    """(what became of a line, why)."""
    try:
        found = rules.newcomer(pool.data, columns, line)
        username, full = newcomers.named(pool, found.name, found.attributes)
        user = newcomers.made(call, pool, username, full, "RESET_REQUIRED", {"mfa_sms": found.mfa})
        newcomers.check_free(call, pool, user)
        people.save(call, pool, user)
    except rules.BadLine as bad:
        return "FAILED", str(bad)
    except AwsError as error:
        if error.code == "UsernameExistsException":
            return "SKIPPED", "The user already exists."
        return "FAILED", error.message
    return "SUCCEEDED", "The import succeeded."


def _end(call: Call, job: Job, status: str, message: str) -> None:
    with call.transaction():
        data = {**job.data, "Status": status, "CompletionMessage": message, "CompletionDate": call.now}
        imports.put(call.store, job._replace(data=data))
        imports.upload(call.store, job, None)


def _stream(pool: Pool, job: Job) -> Data:
    return {"logGroupName": f"/aws/cognito/userpools/{pool.id}/{pool.data['Name']}", "logStreamName": job.id}


async def _writer(call: Call, pool: Pool, job: Job, *, begin: bool) -> Principal | None:
    """A session of the job's role, which has the job's log stream; None when it cannot have it."""
    given = {"RoleArn": job.data["CloudWatchLogsRoleArn"], "RoleSessionName": job.id}
    try:
        output = await call.send(
            "sts", "AssumeRole", given, as_=triggers.COGNITO, context=triggers.behalf_of(pool), scope=pool.scope
        )
        credential = call.cloud.directory.credential(output["Credentials"]["AccessKeyId"])
        assert credential is not None
        if begin:
            await _make_stream(call, pool, job, credential.principal)
    except AwsError:
        return None
    return credential.principal


async def _make_stream(call: Call, pool: Pool, job: Job, role: Principal) -> None:
    where = _stream(pool, job)
    for operation, members in (("CreateLogGroup", where.keys() - {"logStreamName"}), ("CreateLogStream", where.keys())):
        try:
            given = {name: where[name] for name in members}
            await call.send("logs", operation, given, as_=role, scope=pool.scope)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise


def pool_and_job(call: Call, pool: str, job: str) -> tuple[Pool, Job] | None:
    """A pool and a job of it that still has something to do."""
    found, known = pools.find(call.store, pool), imports.find(call.store, pool, job)
    if found is None or known is None or known.data["Status"] not in ("Pending", "InProgress", "Stopping"):
        return None
    return found, known
