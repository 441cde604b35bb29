"""The catalogue: objects, data products, storage, authors, labels and quality."""
