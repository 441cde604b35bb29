"""Write the agent as one file, and print its SHA-256.

python -m scripts.build_agent [FILE]
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from registry.execution.agent_archive import AGENT_FILE, agent_archive


def main(arguments: list[str]) -> None:
    """Write the file, `build/registry-agent.pyz` unless another one is given."""
    target = Path(arguments[0] if arguments else f"build/{AGENT_FILE}")
    target.parent.mkdir(parents=True, exist_ok=True)
    content = agent_archive()
    target.write_bytes(content)
    target.chmod(0o755)
    print(f"{hashlib.sha256(content).hexdigest()}  {target}")


if __name__ == "__main__":
    main(sys.argv[1:])
