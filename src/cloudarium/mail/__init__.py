"""Mail: what both of AWS's mail APIs (`ses` and `sesv2`) stand on, and the mail box that everything lands in.

The two APIs are two rooms with one state, and rooms never import rooms; so what they share lies below them, as the
runtime lies below Lambda. Nothing here knows a protocol: a `Desk` is what counts of a call (where, when, whose words).
"""
