"""CloudWatch Logs: groups, streams, events, and the filter-pattern language."""
