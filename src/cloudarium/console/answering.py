"""The pages' addresses: which page answers a path, and how what goes wrong is shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cloudarium.console.pages import CHANGES, PAGES
from cloudarium.console.rendering import page, static
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.shared.errors import AwsError

log = logging.getLogger("cloudarium")

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud
    from cloudarium.gateway.http import HttpRequest, HttpResponse


async def answer(cloud: Cloud, request: HttpRequest) -> HttpResponse:
    """The page at a path, or the page that says why there is none. Raises Refused for what no page can show."""
    visit = Visit(cloud, request)
    change = CHANGES.get((visit.label, *visit.parts)) if request.method == "POST" else None
    if request.method not in ("GET", "HEAD") and change is None:
        raise Refused(405, "Pages of the console are read by GET.")
    if visit.label == "static":
        found = static("/".join(visit.parts))
        if found is None:
            raise Refused(404, "There is no such file.")
        return found
    try:
        return await (change or PAGES[visit.label])(visit)
    except Refused as refused:
        return page(visit, "refused.html", "Not to be shown", refused.status, said=str(refused), code="")
    except AwsError as error:
        return page(visit, "refused.html", "Not to be shown", error.status or 400, said=error.message, code=error.code)
    except Exception:
        log.exception("the page %s broke", request.path[:200])
        said = "This is a defect of the console's; the cloud's log has its traceback."
        return page(visit, "refused.html", "The page broke", 500, said=said, code="")
