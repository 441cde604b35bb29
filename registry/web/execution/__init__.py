"""Pages of run requests, their tasks, and the backends that do them."""
