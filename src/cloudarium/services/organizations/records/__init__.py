"""What Organizations keeps: who is in which organisation, and which policies are attached where."""
