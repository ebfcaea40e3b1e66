"""The IAM engine, pure: policy documents become statements, a question becomes a decision with its reasons.

Nothing here knows the store, the clock or a service's room: what a decision needs comes in as arguments.
"""
