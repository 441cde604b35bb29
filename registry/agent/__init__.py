"""The agent that executes tasks on a backend: one file, the standard library only.

It is written for Python 3.9 and imports nothing else of the registry, which builds the
file from this folder (``registry/execution/agent_archive.py``).
"""

VERSION = "1"
