"""The examples of each room, one module per room."""
