"""The only SQL of this room: tables, items and their index entries, streams, tokens."""
