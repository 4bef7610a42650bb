"""The language in which HQ writes a program: its text becomes what the engine obeys, or faults.

A module of the name NAME_text reads that noun, NAME_faults says what is wrong with it.
"""
