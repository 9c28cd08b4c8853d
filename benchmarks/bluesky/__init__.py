"""Clients of a Tango server in plans: macduff's, ophyd-async's own, and signals of no control system."""
