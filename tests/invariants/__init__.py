"""What must be true across the files of all bundles of every site."""
