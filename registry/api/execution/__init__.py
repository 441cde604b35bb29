"""Run requests in the native API, and what executors ask and report."""
