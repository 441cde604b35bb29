"""PostgreSQL as Django knows it, but for kept plans and kept connections."""

#: How a statement begins whose plan is the same whatever its values, to be kept.
PREPARE_HINT = "/* kept */ "
