"""Nodes that really run: Debian 13 with systemd in namespaces of this machine, installed from unchanged bundles."""
