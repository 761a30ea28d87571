"""The intermediate representation, and what holds of it."""
