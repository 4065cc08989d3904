"""Programs that use a site as its clients do, one process each.

They run with the Python and the libraries of the nodes' own Debian, outside of the nodes; nothing here may import
more than these. `tests.lab.clients` starts them and reads what they saw.
"""
