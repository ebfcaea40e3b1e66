"""SMTP as a server speaks it: lines and data on a wire, and the sequence of commands; who may what is for others."""
