"""The description of the API for programs (OpenAPI), and the pages that show it."""
