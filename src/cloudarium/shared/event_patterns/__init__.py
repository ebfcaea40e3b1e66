"""Event patterns: the one language in which EventBridge's rules, archives and pipes, and SNS's filter policies choose.

    pattern = compile_pattern('{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}')
    pattern.matches(flatten(event))

`compile_pattern` raises PatternError, whose text is AWS's own reason. Many patterns against one event: `PatternIndex`.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
"""

from cloudarium.shared.event_patterns.compiling import Pattern, compile_pattern
from cloudarium.shared.event_patterns.fields import Fields, Value, flatten
from cloudarium.shared.event_patterns.index import PatternIndex
from cloudarium.shared.event_patterns.reading import PatternError

__all__ = ["Fields", "Pattern", "PatternError", "PatternIndex", "Value", "compile_pattern", "flatten"]
