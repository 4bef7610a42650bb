"""The language in which HQ writes a program: its tables, keys and values, and what isn't built yet.

The shape of the text alone, a module a noun; what its parts mean to each other is checked in
program_text.py.
"""
