"""The project: settings, URLs and servers; the application itself is `registry`."""
