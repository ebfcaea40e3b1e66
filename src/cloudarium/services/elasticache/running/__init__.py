"""Caches at work: the plan of each, as records have it, and the processes and doors that carry it out."""
