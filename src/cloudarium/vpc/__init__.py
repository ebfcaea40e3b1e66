"""The network: what `ec2`, `elasticache` and `lambda` stand on, since rooms never import rooms.

`facts` is what is known of VPCs, `reach` decides purely whether one interface may connect to another, and `wires` is
the live part: which endpoints are up, which functions are attached, and what each of them reaches right now.
"""
