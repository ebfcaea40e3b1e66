"""The decisions of user pools: pure, no store, no clock."""
