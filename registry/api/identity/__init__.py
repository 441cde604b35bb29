"""Users, groups, and who is signed in."""
