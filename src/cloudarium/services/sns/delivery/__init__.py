"""From a message to its endpoints: the forms in which each protocol gets it, its signature, and what became of it."""
