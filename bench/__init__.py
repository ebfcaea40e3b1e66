"""The measurements of the design, side by side with a bare server and with peers: `make bench`."""
