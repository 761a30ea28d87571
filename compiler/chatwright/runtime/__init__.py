"""The library of generated modules. It imports nothing of the compiler."""
