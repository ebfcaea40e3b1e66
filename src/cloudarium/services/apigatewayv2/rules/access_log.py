"""Access log lines: a format in which `$context.…` variables stand for what is known of a request.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.-]*[A-Za-z0-9_])")


def line(template: str, values: Mapping[str, Any]) -> str:
    """The line for one request; a variable that has no value is written as `-`."""

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1])
        if found is None or found == "":
            return "-"
        if isinstance(found, bool):
            return "true" if found else "false"
        return str(found)

    return _VARIABLE.sub(value, template)
