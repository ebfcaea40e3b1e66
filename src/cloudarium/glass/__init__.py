"""What was seen: the journal of every call and, over it, traces and cost."""
