"""loyaltyd: a shop's till-side loyalty daemon. Floors are listed in README.md; a test holds them."""
