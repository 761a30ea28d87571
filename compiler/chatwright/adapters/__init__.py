"""Adapters: chatwright as an extension of other packages."""
