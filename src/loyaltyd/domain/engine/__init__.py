"""The engine: what a basket comes to under a program, decided by rules and explained. Pure.

Here is a program as it is obeyed, and each step from a line of the basket to a quote.
"""
