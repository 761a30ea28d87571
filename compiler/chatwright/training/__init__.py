"""Views of a format for training."""
