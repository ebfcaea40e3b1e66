"""Pure decisions: numbers, values, keys, tables, capacity. No store and no clock."""
