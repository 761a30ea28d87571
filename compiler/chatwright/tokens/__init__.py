"""From text to token ids: encoders of every kind, attribution of each token, masks and training samples."""
