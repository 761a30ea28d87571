"""Reads completions: from the text or the ids that the model wrote to the message, by the grammar that prints it."""
