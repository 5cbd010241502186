"""The servers that are compared: how each is started."""
