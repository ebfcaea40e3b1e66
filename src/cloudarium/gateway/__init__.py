"""The way of a call: one file per step, the list of them in pipeline.py."""
