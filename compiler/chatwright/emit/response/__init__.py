"""The back end of transformers' response templates."""
