"""One service as a process: ``python -m benchmarks.platforms.serve NAME FOLDER``.

Its first line tells how it is reached. For each line it is sent it tells, as one line, what it was
asked and what it holds. It ends when its input does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.platforms.services import SERVICES, Service


def main() -> None:
    name, folder = sys.argv[1:]
    with SERVICES[name](Path(folder)) as service:
        _tell(
            {
                "kind": service.kind,
                "url": service.url,
                "key": service.key,
                "container": service.container,
                "environment": service.environment,
            }
        )
        for _ in sys.stdin:
            _tell(_now(service))


def _now(service: Service) -> dict[str, object]:
    return {"api": service.api(), "storage": service.storage(), "arrived": service.arrived()}


def _tell(values: object) -> None:
    sys.stdout.write(f"{json.dumps(values)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
