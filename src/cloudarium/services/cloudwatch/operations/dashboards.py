"""Dashboards: put, get, list, delete."""

from __future__ import annotations

import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import errors, resources
from cloudarium.services.cloudwatch.records import dashboards
from cloudarium.services.cloudwatch.records.dashboards import Dashboard
from cloudarium.services.cloudwatch.rules import boards
from cloudarium.shared import paging

Data = dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PAGE = 1000
_MOST = 500


@operation("PutDashboard", on=resources.dashboard)
def put_dashboard(call: Call) -> Data:
    """Make a dashboard, or put its whole body anew."""
    name, body = call.input["DashboardName"], call.input["DashboardBody"]
    if _NAME.fullmatch(name) is None:
        raise errors.DashboardInvalid(
            f"The value {name} for field DashboardName contains invalid characters. It can only contain alphanumerics,"
            " dash (-) and underscore (_)."
        )
    found = boards.findings(body)
    if found.errors:
        raise errors.DashboardInvalid(found.told(), found.errors[:100])
    dashboards.put(call.store, Dashboard(call.account, name, call.now, body))
    return {"DashboardValidationMessages": found.warnings}


@operation("GetDashboard", on=resources.dashboard)
def get_dashboard(call: Call) -> Data:
    """A dashboard with its body."""
    found = _find(call, call.input["DashboardName"])
    return {
        "DashboardArn": resources.dashboard_arn(found.account, found.name),
        "DashboardBody": found.body,
        "DashboardName": found.name,
    }


def _find(call: Call, name: str) -> Dashboard:
    found = dashboards.find(call.store, call.account, name)
    if found is None:
        raise errors.DashboardMissing.named(name)
    return found


@operation("ListDashboards")
def list_dashboards(call: Call) -> Data:
    """An account's dashboards by name, 1000 a page."""
    after: Any = ""
    token = call.input.get("NextToken")
    if token is not None:
        try:
            after = paging.decode(token)
        except ValueError:
            after = None
        if not isinstance(after, str):
            raise errors.InvalidValue("The NextToken is invalid.")
    prefix = call.input.get("DashboardNamePrefix") or ""
    found = dashboards.listed(call.store, call.account, prefix, after, _PAGE + 1)
    more = {"NextToken": paging.encode(found[_PAGE - 1].name)} if len(found) > _PAGE else {}
    return {"DashboardEntries": [_entry(each) for each in found[:_PAGE]], **more}


def _entry(dashboard: Dashboard) -> Data:
    return {
        "DashboardName": dashboard.name,
        "DashboardArn": resources.dashboard_arn(dashboard.account, dashboard.name),
        "LastModified": dashboard.modified,
        "Size": len(dashboard.body.encode()),
    }


@operation("DeleteDashboards", on=resources.dashboards)
def delete_dashboards(call: Call) -> Data:
    """Delete dashboards: all of those that are named, or none when one is not there."""
    if not call.input["DashboardNames"]:
        raise errors.InvalidValue("The parameter DashboardNames must name at least one dashboard.")
    for found in [_find(call, name) for name in dict.fromkeys(call.input["DashboardNames"])]:
        dashboards.remove(call.store, found)
    return {}
