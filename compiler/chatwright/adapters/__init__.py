"""Chatwright inside other packages, by their own way of taking something from outside."""
