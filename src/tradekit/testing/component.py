"""What holds for a component of every kind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic_core import to_jsonable_python

from tradekit.engine.components import make
from tradekit.engine.problems import Problem
from tradekit.engine.runfile import ComponentTable
from tradekit.engine.tables import DataTable, ExecutionTable
from tradekit.plugin.contracts import Component
from tradekit.plugin.discovery import Provided, Registry, discover
from tradekit.plugin.validation import check_component
from tradekit.testing.failure import broken, refusal

__all__ = ["HEAVY", "ComponentContract"]

HEAVY = (
    "aiohttp",
    "ccxt",
    "dask",
    "lightgbm",
    "matplotlib",
    "numba",
    "pandas",
    "plotly",
    "polars",
    "requests",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "statsmodels",
    "tensorflow",
    "torch",
    "xgboost",
)
"""Libraries that take long to import, or much memory: a component imports them in the methods that use them."""

_LONGEST_LINE = 132
_LABELS = {"data source": "source", "executor": "executor", "risk rule": "rule", "cost model": "model", "indicator": ""}
"""The key that names a component in its table of a run file; none of its options can be called that."""
_SHARED = {"data source": tuple(DataTable.model_fields), "executor": (*ExecutionTable.model_fields, "costs")}
"""The keys that a component's table in a run file shares with the kernel."""


class ComponentContract:
    """What every component keeps to, of whichever kind. The contract of each kind begins with these rules.

    State `component`, and in `options` what a run file would say about it, once for each set that is worth a test. Paths in options
    are taken from `folder`; override that fixture to put files there, and `settings` for options that are known only then.
    """

    kind: ClassVar[str]
    component: ClassVar[type[Any]]
    """The class that is tested."""
    options: ClassVar[Sequence[Mapping[str, Any]]] = ({},)
    """Options as a run file has them; every rule about behaviour is tried with each set."""
    heavy: ClassVar[Sequence[str]] = HEAVY
    """Libraries that importing the component must not import."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Try a test with each set of options."""
        if not hasattr(self, "component"):
            raise pytest.UsageError(f"{type(self).__name__} doesn't say what it tests; write: component = MyComponent")
        if "given" in metafunc.fixturenames:
            metafunc.parametrize("given", list(self.options), ids=[_named(options) for options in self.options])

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Return the folder from which paths in options are taken; an empty one, unless it is overridden."""
        return tmp_path

    @pytest.fixture
    def settings(self, given: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:  # noqa: ARG002 - what an override is given
        """Return the options to test with: those that are given, unless it is overridden."""
        return given

    @pytest.fixture
    def new(self, settings: Mapping[str, Any], folder: Path) -> Callable[[], Any]:
        """Return what makes an unused component from the options, as composing a run does."""
        return lambda: self._made(settings, folder)

    def test_cmp01_is_accepted_by_the_loader(self) -> None:
        """The loader accepts the class: name in kebab-case, docstring, described options, all methods of its kind.

        It refuses a whole package for one class that lacks any of these, and shows that only when the package is installed.
        """
        problem = refusal(lambda: check_component(self.kind, self.component))
        if problem:
            broken(f"{self.component.__name__} is refused by the loader", problem, "give it what it lacks")

    def test_cmp02_says_what_it_is_in_one_line(self) -> None:
        """The docstring begins with one sentence on a line of its own, of at most 132 characters.

        That line is all that `tradekit plugins` shows, and what people choose by.
        """
        line = (self.component.__doc__ or "").strip().partition("\n")[0].strip()
        if not line or not line[:1].isupper() or line[-1:] != "." or len(line) > _LONGEST_LINE:
            broken(
                f"the first line of the docstring of {self.component.__name__} is no sentence in {_LONGEST_LINE} characters",
                f"it is {line!r}",
                "begin the docstring with one such sentence, from a capital letter to a full stop",
            )

    def test_cmp03_refuses_unknown_options(self, settings: Mapping[str, Any], folder: Path) -> None:
        """An option that it doesn't have is an error that names it.

        One that is dropped without a word makes a run of other options than the person wrote.
        """
        unknown = "no-such-option"
        made, problems = self._make({**settings, unknown: 1}, folder)
        if made is not None or not any(unknown in problem.text for problem in problems):
            answer = "; ".join(problem.text for problem in problems) or "it was made without an error"
            broken(
                f"{self.component.__name__} doesn't refuse the unknown option {unknown!r}",
                answer,
                "keep extra='forbid' in its Options, and let no validator take unknown keys away",
            )

    def test_cmp04_is_made_from_a_run_file(self, settings: Mapping[str, Any], folder: Path) -> None:
        """It is made from options as JSON has them, and what a result keeps of them makes the same options again.

        Run files, overrides and sweeps can only say what JSON can, and a result that can't be made again proves nothing.
        """
        made, problems = self._make(json.loads(json.dumps(settings, default=str)), folder)
        if made is None:
            broken(
                f"{self.component.__name__} can't be made from {dict(settings)!r}",
                "; ".join(problem.text for problem in problems),
                "state options in the contract that it takes, or mend its Options or its __init__",
            )
        kept = json.loads(json.dumps(to_jsonable_python(made.options)))
        again = type(made.options).model_validate(kept)
        if again != made.options:
            broken(
                f"options of {self.component.__name__} are others after they were kept as JSON",
                f"{made.options!r} became {again!r}",
                "use types that pydantic writes and reads alike, such as str, float, datetime, Path and tuples of them",
            )

    def test_cmp05_keeps_the_import_budget(self) -> None:
        """Importing its module imports none of the heavy libraries (`heavy`).

        Every run imports every installed plugin, whether it needs it or not, so one that imports a large library makes all wait.
        """
        module = self.component.__module__
        problem, found = _imported(module, tuple(self.heavy))
        if problem:
            broken(
                f"module {module!r} of {self.component.__name__} can't be imported by itself",
                problem,
                "put the component into a module of your package, as runs import it from there",
            )
        if found:
            broken(
                f"importing module {module!r} of {self.component.__name__} imports {', '.join(found)}",
                f"python -X importtime -c 'import {module}' shows from where",
                "import it inside the methods that use it",
            )

    def test_cmp06_is_found_through_its_package(self) -> None:
        """`tradekit plugins` lists it: a hook of an installed package returns the class.

        A component that is right but that no run can name is of no use, and a forgotten hook is easily overlooked.
        """
        name = getattr(self.component, "name", self.component.__name__)
        registry = discover()
        problem = refusal(lambda: registry.find(self.kind, name))
        if problem:
            broken(
                f"no installed package provides {self.kind} {name!r}",
                problem,
                "return the class from the hook of its kind, name the module in the entry-point group 'tradekit', and install the "
                "package, such as with pip install -e .",
            )
        found = registry.find(self.kind, name)
        if found.cls is not self.component:
            broken(
                f"{self.kind} {name!r} is another class than the one that is tested",
                f"package {found.package!r} provides {found.cls.__module__}.{found.cls.__qualname__}, and the contract is about "
                f"{self.component.__module__}.{self.component.__qualname__}",
                "test the class that the hook returns",
            )

    def _made(self, settings: Mapping[str, Any], folder: Path) -> Any:
        made, problems = self._make(settings, folder)
        if made is None:
            raise problems[0].error("; ".join(problem.text for problem in problems)) from problems[0].cause
        return made

    def _make(self, settings: Mapping[str, Any], folder: Path) -> tuple[Component | None, list[Problem]]:
        """Make the component as composing a run does, or return what stands in the way."""
        name = getattr(self.component, "name", self.component.__name__)
        reserved = _SHARED.get(self.kind, ())
        table = ComponentTable(self.kind, name, settings, ("component",), _LABELS.get(self.kind, "name"), reserved)
        made, problems = make(table, Registry((Provided(self.kind, name, self.component, "under-test", ""),)), folder)
        return (None if made is None else made.component), problems


def _named(options: Mapping[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in options.items())[:60] or "default"


@cache
def _imported(module: str, heavy: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return why a module can't be imported in a new process, or which of the heavy libraries that imports."""
    script = (
        "import importlib, json, sys\n"
        "path, module, heavy = json.loads(sys.argv[1])\n"
        "sys.path[:] = path\n"
        "importlib.import_module(module)\n"
        "print(json.dumps([name for name in heavy if name in sys.modules]))\n"
    )
    argument = json.dumps((sys.path, module, heavy))
    done = subprocess.run([sys.executable, "-c", script, argument], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        return (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1], []
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return "", found
