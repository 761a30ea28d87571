"""What follows from a program without any conversation."""
