"""Tango devices as the Bluesky RunEngine knows devices; the names are in `macduff.bluesky`."""
