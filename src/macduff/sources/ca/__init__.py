"""EPICS Channel Access: attributes from PVs. Nothing here imports aioca before a PV is used."""
