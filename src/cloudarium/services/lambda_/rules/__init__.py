"""Lambda's pure decisions: configurations, names, permissions, asynchronous retries."""
