"""Runs test modules and writes what came of each test, as JSON: `python -m tests.report OUT.json MODULE…`."""

import json
import sys
import time
import unittest
from typing import Any


class Recorder(unittest.TextTestResult):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.told: list[dict[str, str]] = []

    def _tell(self, test: Any, status: str, message: str = "") -> None:
        self.told.append({"name": str(test), "status": status, "message": message})

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        self._tell(test, "passed")

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._tell(test, "failed", self.failures[-1][1])

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._tell(test, "failed", self.errors[-1][1])

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self._tell(test, "skipped", reason)

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self._tell(test, "failed", "unexpected success")


def main(out: str, modules: list[str]) -> int:
    began = time.monotonic()
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    runner = unittest.TextTestRunner(resultclass=Recorder, verbosity=0, warnings="ignore")
    result: Any = runner.run(suite)
    with open(out, "w") as file:
        json.dump({"tests": result.told, "seconds": time.monotonic() - began}, file)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
