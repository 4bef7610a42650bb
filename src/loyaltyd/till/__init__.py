"""What the till can ask: gather, decide, apply. Each module is a list of calls; the rules of trade are in domain."""
