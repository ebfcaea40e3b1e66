"""How an HTTP API answers its clients: what is served, who may ask, and where requests go."""
