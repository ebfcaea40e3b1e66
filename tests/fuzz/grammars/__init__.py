"""The grammars that are attacked: one module per service, one entry per grammar (see `grammar` in area.py)."""
