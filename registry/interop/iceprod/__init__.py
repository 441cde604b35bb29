"""The API of IceProd 2, for its clients. So far, only the roles that they expect."""
