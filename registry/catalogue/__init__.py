"""What data there is: objects, products, places, people, labels and quality."""
