"""What stands on cards with a chip, and how it is asked for: pure, one kind of thing a module."""
