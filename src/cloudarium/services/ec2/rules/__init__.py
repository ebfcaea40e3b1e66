"""Pure decisions of EC2: blocks of addresses, filters, rules of security groups."""
