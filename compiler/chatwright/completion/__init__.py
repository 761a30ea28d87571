"""The first reader: reads back what the model wrote, by the same grammar that prints it. It grows into the parser."""
