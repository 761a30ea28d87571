"""Whether the text of a conversation stays as it is when more messages come."""
