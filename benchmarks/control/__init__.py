"""The same device on PVAccess and Tango by three servers: macduff's, a bare one of the library, and FastCS's.

The device BENCH: `reading`, updated by itself at a rate; `target`, which can be put; `tick`, which can be called.
Each server is a process of its own that prints a line of JSON once it listens, and takes lines "rate HZ" on stdin.
"""
