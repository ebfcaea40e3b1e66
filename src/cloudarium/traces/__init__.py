"""Traces, what the room `xray`, Lambda and the glass stand on: headers, segment documents, and where they are kept.

A document belongs to a segment or a subsegment; a trace is all documents with its id. Rooms never import rooms, so what
several of them must know of traces lies below them.
"""
