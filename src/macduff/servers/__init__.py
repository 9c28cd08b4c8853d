"""Servers: each makes the devices of a Process visible on one protocol, in a thread of its own."""
