"""Conformance: the emitter, our Jinja and the model's own template, byte for byte."""
