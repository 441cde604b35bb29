"""What every resource of the native API has in common."""
