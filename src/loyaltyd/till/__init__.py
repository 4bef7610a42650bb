"""What the till can ask: gather, decide, apply. The rules of trade are in domain."""
