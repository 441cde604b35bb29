"""PostgreSQL as Django knows it, but for how a kept connection is checked."""
