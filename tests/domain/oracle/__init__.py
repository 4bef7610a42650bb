"""The quote a second time: slow, obvious, in exact fractions, from the documents alone.

It reads the program's text by itself and shares no code with the engine but the values that go in.
Where the documents leave a choice, a comment says which one it takes.
"""
