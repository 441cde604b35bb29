"""The management commands; `python manage.py help NAME` explains one."""
