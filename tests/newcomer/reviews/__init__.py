"""A domain of a newcomer: reviews of objects, by guidelines, that end in a report."""
