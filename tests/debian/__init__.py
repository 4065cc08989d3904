"""What the data says about Debian 13, held against a real one."""
