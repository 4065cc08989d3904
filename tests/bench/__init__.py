"""Measurements, run by `make bench`; `make test` does not collect them."""
