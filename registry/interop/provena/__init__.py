"""The APIs of Provena, for its clients. So far, only the roles that they expect."""
