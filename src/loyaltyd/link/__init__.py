"""What travels between till and HQ, and the keys that vouch for it."""
