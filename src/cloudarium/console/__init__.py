"""The console: pages at /_cloudarium/ for a person, over the public API, the journal and the traces.

`answering.py` finds the page of a path, `visit.py` is one look at one, `pages/` has a file for each kind, `templates/`
their HTML and `static/` what a browser loads beside it, vendored, so that all of it works offline.
"""

# The first labels of its pages' paths, beside the first page's own; pages/ has the pages.
LABELS = frozenset(("alarms", "calls", "dashboards", "logs", "map", "metrics", "static", "traces"))
