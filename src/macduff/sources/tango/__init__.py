"""Tango: attributes, commands and whole devices. Nothing here imports PyTango before a device is used."""
