"""What a loyalty program is: values and pure decisions. No I/O, no clock, no logging.

Above the values: language reads a program, engine decides a receipt under it, books say what that
moves, trying runs programs before a store has them.
"""
