"""Deployments: long work that moves step by step, each in a transaction, so that a crash in the middle goes on.

start.py begins an operation, deploy.py drives its phases, acts.py carries out one step, work.py is the state in memory.
"""
