"""The fuzzer: hostile bytes, hostile requests of every protocol, hostile text of every grammar; see `make fuzz`.

An area is what is attacked in one way (area.py). Adding a grammar is one entry in a module of grammars/.
"""
