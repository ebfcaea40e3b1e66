"""Jobs that import users from a CSV file, which is uploaded to a URL of the job."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.lookup import page, pool_of
from cloudarium.services.cognito_idp.records import imports
from cloudarium.services.cognito_idp.records.imports import Job
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.rules import imports as rules
from cloudarium.shared import ids

Data = dict[str, Any]
_MOST = 1000
_UPLOAD = 15 * 60.0
_UNUSED = 24 * 3600.0
_HIDDEN = ("line",)


def expired(job: Job, now: float) -> bool:
    """Whether nobody started a job for a day."""
    return bool(job.data["Status"] == "Created" and now >= job.created + _UNUSED)


def uploads(job: Job, key: str, now: float) -> bool:
    """Whether a URL with this key may still upload the file of a job."""
    return key == job.key and job.data["Status"] == "Created" and now < job.created + _UPLOAD


def _shown(call: Call, job: Job) -> Data:
    url = f"{call.cloud.door_url('cognito-idp', job.pool)}/imports/{job.id}"
    signed = f"{url}?X-Amz-Expires={int(_UPLOAD)}&X-Amz-Signature={job.key}"
    data = {name: value for name, value in job.data.items() if name not in _HIDDEN}
    if expired(job, call.now):
        data["Status"] = "Expired"
    return {"UserImportJob": {"UserPoolId": job.pool, "JobId": job.id, "PreSignedUrl": signed, **data}}


def _named(call: Call, pool: Pool) -> Job:
    found = imports.find(call.store, pool.id, call.input["JobId"])
    if found is None:
        raise errors.NotFound(f"User import job {call.input['JobId']} does not exist.")
    return found


@operation("GetCSVHeader", on=resources.pool)
def get_csv_header(call: Call) -> Data:
    """The columns of a file for a pool."""
    pool = pool_of(call)
    return {"UserPoolId": pool.id, "CSVHeader": rules.header(pool.data)}


@operation("CreateUserImportJob", on=resources.pool_and_logs_role, refuses=("PasswordHashingAlgorithm",))
def create_user_import_job(call: Call) -> Data:
    """Make a job, with a URL for its file."""
    pool = pool_of(call)
    if len(imports.listed(call.store, pool.id)) >= _MOST:
        raise errors.LimitExceeded("The maximum number of user import jobs has been reached.")
    data = {name: call.input[name] for name in ("JobName", "CloudWatchLogsRoleArn")}
    data |= {"CreationDate": call.now, "Status": "Created", "line": 1}
    data |= {"ImportedUsers": 0, "SkippedUsers": 0, "FailedUsers": 0}
    job = Job(pool.id, f"import-{ids.token(10).replace('_', 'x')}", call.now, ids.hex(64), data)
    imports.add(call.store, job)
    return _shown(call, job)


@operation("StartUserImportJob", on=resources.pool)
def start_user_import_job(call: Call) -> Data:
    """Begin with a job whose file is there; one of a pool at a time."""
    job = _named(call, pool_of(call))
    if job.data["Status"] != "Created" or expired(job, call.now):
        raise errors.Unsupported("PreconditionNotMetException", "The job is not in the state Created.")
    running = ("Pending", "InProgress", "Stopping")
    if any(other.data["Status"] in running for other in imports.listed(call.store, job.pool)):
        said = "Another import job of the user pool is running."
        raise errors.Unsupported("PreconditionNotMetException", said)
    if imports.content(call.store, job) is None:
        raise errors.Unsupported("PreconditionNotMetException", "The CSV file of the job was not uploaded.")
    started = job._replace(data={**job.data, "Status": "Pending", "StartDate": call.now})
    imports.put(call.store, started)
    call.later("Import", {"pool": job.pool, "job": job.id}, key=job.id)
    return _shown(call, started)


@operation("StopUserImportJob", on=resources.pool)
def stop_user_import_job(call: Call) -> Data:
    """Stop a running job; who came in by it stays."""
    job = _named(call, pool_of(call))
    if job.data["Status"] not in ("Pending", "InProgress"):
        raise errors.Unsupported("PreconditionNotMetException", "The job is not running.")
    stopping = job._replace(data={**job.data, "Status": "Stopping"})
    imports.put(call.store, stopping)
    return _shown(call, stopping)


@operation("DescribeUserImportJob", on=resources.pool)
def describe_user_import_job(call: Call) -> Data:
    """A job, and how far it is."""
    return _shown(call, _named(call, pool_of(call)))


@operation("ListUserImportJobs", on=resources.pool)
def list_user_import_jobs(call: Call) -> Data:
    """The jobs of a pool, the newest first."""
    found = imports.listed(call.store, pool_of(call).id)
    order = [f"{1e12 - job.created:024.6f}{job.id}" for job in found]
    chosen, token = page(found, order, call.input["MaxResults"], call.input.get("PaginationToken"))
    listed = [_shown(call, job)["UserImportJob"] for job in chosen]
    return {"UserImportJobs": listed, **({"PaginationToken": token} if token else {})}
