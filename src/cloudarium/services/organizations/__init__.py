"""AWS Organizations: accounts in a tree of units, and the policies that limit them from above."""
