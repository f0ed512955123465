"""Run the contracts of all broken plugins, and write what each rule said, as JSON, to the file that is named."""

import inspect
import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Notes:
    """Writes down how each rule ended."""

    def __init__(self):
        self.found = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if report.when == "call" or report.failed:
            component = item.cls.component
            note = {"plugin": component.__name__, "module": component.__module__, "wrong": inspect.getdoc(component)}
            contract = next(cls for cls in item.cls.__mro__ if cls.__module__.startswith("tradekit.testing."))
            note |= {"breaks": item.cls.breaks, "also": getattr(item.cls, "also", ()), "contract": contract.__name__}
            note |= {"rule": item.name.split("_")[1], "test": item.name, "outcome": report.outcome, "said": report.longreprtext}
            self.found.append(note)
        return report


if __name__ == "__main__":
    notes = Notes()
    modules = sorted(str(path) for path in HERE.glob("*.py") if "Contract" in path.read_text("utf-8"))
    modules.remove(__file__)
    own = ["-c", "/dev/null", "--rootdir", str(HERE.parent), "--import-mode=prepend", "-p", "no:cacheprovider", "-q", "--tb=short"]
    code = pytest.main([*own, *modules], plugins=[notes])
    Path(sys.argv[1]).write_text(json.dumps({"code": int(code), "notes": notes.found}), encoding="utf-8")
