"""The built site, as a web server and a browser see it."""
