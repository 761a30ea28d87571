"""Chatwright: chat formats written once, compiled to everything else."""
