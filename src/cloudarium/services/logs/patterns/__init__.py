"""CloudWatch Logs' filter patterns: text in, a predicate over log messages out.

Three languages share one door: terms (`ERROR -healthcheck`), JSON (`{ $.status >= 500 }`) and space-delimited fields
(`[ip, user, ..., status=4*, bytes]`). Everything that runs on a message takes time linear in its length.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

from functools import lru_cache

from cloudarium.services.logs.patterns import fields, jsons, terms
from cloudarium.services.logs.patterns.lexer import PatternError, Predicate

__all__ = ["PatternError", "Predicate", "compile_pattern"]


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> Predicate | None:
    """The predicate that `text` stands for, None when it matches everything. Raises PatternError."""
    stripped = text.strip()
    # AWS takes [] (LocalStack's test_put_subscription_filter_update), which names no field: who writes it wants all.
    if not stripped or stripped in ('" "', "[]"):
        return None
    if stripped[0] == "{":
        return jsons.compile_json(stripped)
    if stripped[0] == "[":
        return fields.compile_fields(stripped)
    return terms.compile_terms(stripped)
