"""Logs Insights: the query language, compiled to SQL that a child process runs on a reader connection of its own.

`syntax` reads a query, `compiling` makes a plan of it, `engine` runs a plan, `running` keeps the children that do.
"""
