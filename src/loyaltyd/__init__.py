"""loyaltyd: a shop's till-side loyalty daemon. README.md lists its floors; a test holds them."""
