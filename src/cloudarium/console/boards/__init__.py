"""Dashboards: each widget of a body as a block of a page; `widgets.py` has a function for each type."""
