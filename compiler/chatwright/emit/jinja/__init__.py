"""The Jinja back end."""
