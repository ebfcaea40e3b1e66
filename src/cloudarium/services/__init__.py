"""One folder per AWS service, all with the same inner files. Rooms never import rooms."""
