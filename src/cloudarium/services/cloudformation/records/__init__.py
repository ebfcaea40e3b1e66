"""The only SQL of the room, by noun: stacks, resources, works, events, changes, exports, signals."""
