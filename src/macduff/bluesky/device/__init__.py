"""Any device of a macduff server in a Bluesky plan, with no class written."""
