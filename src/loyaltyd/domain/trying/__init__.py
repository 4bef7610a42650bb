"""Trying a program before a store gets it: cases, samples, differences, earlier receipts."""
