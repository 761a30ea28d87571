"""What generated renderers need. Imports nothing of the compiler."""
