"""EC2, of which the network is built: VPCs and what lies in them."""
