"""EPICS PVAccess: attributes from PVs, and devices from PVI. Nothing here imports p4p before a PV is used."""
