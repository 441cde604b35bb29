"""Where the bytes are: the stores, and what is known of each file in them."""
