"""People who sign in somewhere else: what an outside provider says of a person, and who that is here."""
