"""DynamoDB's expression language: text → tokens → tree → checked → functions over items.

tokens.py       characters to tokens, and the syntax error's text
parser.py       tokens to a tree (the grammar is at its top)
checks.py       AWS's rules on a tree, in AWS's order, and their texts
conditions.py   a condition's tree as a function of an item
updates.py      an update's tree as changes of an item
paths.py        document paths: reading, writing and projecting
keyconditions.py  what a Query's key condition asks of the keys
legacy.py       the parameters from before expressions, as the same trees
compiled.py     one text with its names, compiled once and kept, because clients repeat them with new values
request.py      all expressions of one request together with their names and values
"""
