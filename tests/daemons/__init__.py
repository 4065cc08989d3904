"""Every generated file through the real program that will read it."""
