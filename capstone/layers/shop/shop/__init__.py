"""What the shop's functions share.

`web` the HTTP edge and who calls, `table` keys and pages of the table, `catalogue` the cached pages of the catalogue,
`cache` the connection to the cache, `mail` SES, `rotation` the four steps of a secret's rotation.
"""
