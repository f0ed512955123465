"""Find the installed components, and refuse what is broken without losing the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from itertools import groupby
from types import ModuleType
from typing import Any

import pluggy

from tradekit import __version__
from tradekit.errors import PluginError, nearest
from tradekit.plugin import hookspecs
from tradekit.plugin.contracts import Component
from tradekit.plugin.packages import COMPONENTS_GROUP, KERNEL, Package, clash_message, installed, load, reason
from tradekit.plugin.validation import KINDS, check_component

__all__ = ["BUILTINS", "KINDS", "Problem", "Provided", "Registry", "discover"]

BUILTINS = ("tradekit.builtin.hooks",)
"""The modules with the hooks of the built-in plugins: the one place where the kernel names any."""

_KINDS_BY_HOOK = {kind.hook: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Provided:
    """A component that is there to be used, and the package that it came with."""

    kind: str
    name: str
    cls: type[Component]
    package: str
    version: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a package; `str()` makes a sentence of it."""

    package: str
    version: str
    message: str

    def __str__(self) -> str:
        return f"package {self.package!r} {self.version} {self.message}"


@dataclass(frozen=True, slots=True)
class Registry:
    """What the installed packages provide, and what is wrong with the rest.

    The rules, under which no package can hide or replace what another one provides:

    - A package is loaded whole or not at all. One that fails to import, states another `TRADEKIT_API` than ours, has a function
      that only looks like a hook, or provides one component that breaks its contract is listed in `broken`, and none of its
      components are here: half a package would run with other defaults than its author tested.
    - A broken package stops nobody who doesn't ask for it. A component that isn't found is reported together with every broken
      package, since it may have been in one.
    - Two packages that provide one name of a kind, the built-in ones included, are both listed; asking for that name is an
      error that names them, and no order decides between them.
    """

    components: tuple[Provided, ...]
    """In the order of kinds, then by name, then by package."""
    broken: tuple[Problem, ...] = ()
    """The packages that could not be loaded, by name."""
    left_out: tuple[str, ...] = ()
    """The installed packages that were not to be loaded."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong: the broken packages, then the names that several packages provide."""
        return self.broken + tuple(self._clashes())

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of all components of a kind, sorted."""
        return tuple(sorted({component.name for component in self.components if component.kind == kind}))

    def find(self, kind: str, name: str) -> Provided:
        """Return the one component of that kind and name. Raises `PluginError` if there is none, or more than one."""
        found = self.search(name, kind)
        if len(found) > 1:
            raise PluginError(str(_clash(found)))
        return found[0]

    def search(self, name: str, kind: str | None = None) -> tuple[Provided, ...]:
        """Return the components of that name, in any kind or in one. Raises `PluginError` if there is none."""
        found = tuple(component for component in self.components if component.name == name and kind in (None, component.kind))
        if not found:
            raise PluginError(self._not_found(name, kind))
        return found

    def _not_found(self, name: str, kind: str | None) -> str:
        names = sorted({component.name for component in self.components}) if kind is None else self.names(kind)
        parts = [f"no {kind or 'component'} is named {name!r}{nearest(name, names)}"]
        if elsewhere := [component.kind for component in self.components if component.name == name]:
            kinds = ("an " + word if word[0] in "aeiou" else "a " + word for word in elsewhere)
            parts.append(f"{name!r} is the name of {' and '.join(kinds)}")
        if kind is None:
            parts.append("'tradekit plugins' lists all of them")
        else:
            parts.append(f"installed: {', '.join(repr(name) for name in names) or 'none'}")
        parts += [str(problem) for problem in self.broken]
        if self.left_out:
            parts.append(f"installed, but not to be loaded: {', '.join(repr(package) for package in self.left_out)}")
        return "; ".join(parts)

    def _clashes(self) -> Iterator[Problem]:
        for _, group in groupby(self.components, key=lambda component: (component.kind, component.name)):
            found = tuple(group)
            if len(found) > 1:
                yield _clash(found)


def _clash(found: Sequence[Provided]) -> Problem:
    packages = [Package(one.package, one.version) for one in found]
    packages.sort(key=lambda package: package.name != KERNEL)  # so that the problem is listed under the other one
    *others, last = packages
    return Problem(last.name, last.version, clash_message(f"{found[0].kind} {found[0].name!r}", others))


def discover(only: Sequence[str] | None = None) -> Registry:
    """Import the built-in plugins and every installed package with an entry point in the group `tradekit`; see `Registry`.

    `TRADEKIT_PLUGINS` and `only` narrow the packages (see `packages.installed`); the built-in ones are always loaded. Call it
    once for each command: nothing is remembered. Raises `PluginError` only for a list of packages that names a missing one.
    """
    builtin = Package(KERNEL, __version__, tuple(EntryPoint("builtin", module, COMPONENTS_GROUP) for module in BUILTINS))
    found = installed(only)
    components: list[Provided] = []
    broken: list[Problem] = []
    for package in (builtin, *found.packages):
        try:
            components += _guarded_components(package)
        except PluginError as error:
            broken.append(Problem(package.name, package.version, f"could not be loaded: {error}"))
    order = {kind: position for position, kind in enumerate(KINDS)}
    components.sort(key=lambda component: (order[component.kind], component.name, component.package))
    return Registry(tuple(components), tuple(broken), found.left_out)


def _guarded_components(package: Package) -> list[Provided]:
    try:
        return _components(package)
    except PluginError:
        raise
    except Exception as error:  # from a module or class that answers a question about itself with an exception
        raise PluginError(reason(error, package.hooks[0].value)) from error


def _components(package: Package) -> list[Provided]:
    """Load one package, with a plugin manager of its own, so that no other package's hook can wrap or drop what it returns."""
    manager = pluggy.PluginManager("tradekit")
    manager.add_hookspecs(hookspecs)
    for entry in package.hooks:
        module = load(entry)
        if not isinstance(module, ModuleType):
            raise PluginError(f"the entry point '{entry.name} = {entry.value}' is {module!r}; expected a module with hooks")
        _check_module(module, manager)
        if not manager.is_registered(module):
            _register(module, manager)
    found: dict[tuple[str, str], Provided] = {}
    for hook, kind in _KINDS_BY_HOOK.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            for candidate in _call(hook, implementation):
                component = check_component(kind, candidate)
                if (kind, component.name) in found:
                    raise PluginError(f"it provides {kind} {component.name!r} twice")
                found[kind, component.name] = Provided(kind, component.name, component, package.name, package.version)
    return list(found.values())


def _check_module(module: ModuleType, manager: pluggy.PluginManager) -> None:
    """Refuse what pluggy would silently pass over: a hook under a wrong name, one without the marker, and a module with none."""
    _check_api(module)
    listed = ", ".join(repr(hook) for hook in _KINDS_BY_HOOK)
    hooks = 0
    for name in dir(module):
        options = manager.parse_hookimpl_opts(module, name)
        if options is None and not (name.startswith("tradekit_") and callable(getattr(module, name, None))):
            continue
        hook = options["specname"] or name if options else name
        if hook not in _KINDS_BY_HOOK:
            raise PluginError(
                f"module {module.__name__!r} has an unknown hook {hook!r}{nearest(hook, _KINDS_BY_HOOK)}; hooks: {listed}"
            )
        if options is None:
            raise PluginError(
                f"{hook!r} in module {module.__name__!r} is not marked as a hook; decorate it with @tradekit.hookimpl"
            )
        hooks += 1
    if not hooks:
        raise PluginError(f"module {module.__name__!r} has no hook; expected at least one of {listed}")


def _check_api(module: ModuleType) -> None:
    stated = getattr(module, "TRADEKIT_API", None)
    ours = hookspecs.API
    if stated is None:
        raise PluginError(f"module {module.__name__!r} doesn't state its TRADEKIT_API; this is tradekit {__version__} with {ours}")
    if stated != ours:
        older = isinstance(stated, int) and stated < ours
        raise PluginError(
            f"module {module.__name__!r} states TRADEKIT_API = {stated!r}, and tradekit {__version__} has {ours}; "
            f"upgrade {'the package' if older else 'tradekit'}"
        )


def _register(module: ModuleType, manager: pluggy.PluginManager) -> None:
    try:
        manager.register(module)
    except pluggy.PluginValidationError as error:  # a hook that wants arguments, for instance
        raise PluginError(" ".join(str(error).split())) from error


def _call(hook: str, implementation: pluggy.HookImpl) -> Sequence[Any]:
    try:
        result: object = implementation.function()
    except (Exception, SystemExit) as error:
        raise PluginError(f"hook {hook!r} raised {reason(error, implementation.function.__module__)}") from error
    if not isinstance(result, list | tuple):
        raise PluginError(f"hook {hook!r} returned {result!r}; expected a list of component classes")
    return result
