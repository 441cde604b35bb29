"""How this project is set up and served; the registry itself is `registry`."""
