"""Compile the simulator; without a C compiler, leave it uncompiled and say so in `_build.json`, which is read at run time."""

from __future__ import annotations

import json
import multiprocessing
import os
import runpy
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

PACKAGE = Path("src/tradekit/simulator")

sys.path.insert(0, "src")  # build.py imports tradekit.errors
BUILD = runpy.run_path(str(PACKAGE / "build.py"))  # by path: importing the package would refuse the very modules to be rebuilt
HASHES = BUILD["source_hashes"]()

FLAGS = [] if os.name == "nt" else ["-O3", "-g0", "-ffp-contract=off"]  # contraction would change results between machines
DIRECTIVES = {
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "annotation_typing": False,  # types stand in the .pxd files alone
    "cdivision": True,  # divisors are guarded in the source, so that compiled and uncompiled agree
    "infer_types": True,
    "embedsignature": True,
    "binding": True,
}


class CleanBuild(build):
    """Start from an empty folder: what an earlier build left there would get into the wheel."""

    def run(self) -> None:
        """Empty the folder, then build."""
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class CompileOrFallBack(build_ext):
    """Compile all modules or none: a half-compiled simulator would be neither fast nor a fair comparison."""

    def initialize_options(self) -> None:
        """Use all cores."""
        super().initialize_options()
        self.parallel = os.cpu_count()

    def run(self) -> None:
        """Compile, and write down what came of it. An error in the source is no fallback: it stops the build."""
        folder = PACKAGE if self.inplace else Path(self.build_lib, "tradekit", "simulator")  # `inplace` is unset while it runs
        self.translate()
        problem = ""
        try:
            super().run()
        except (BaseError, CCompilerError) as error:  # no compiler, or one that does not work
            compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cl"
            problem = f"the C compiler {compiler!r} is missing or failed"
            self.warn(f"the simulator is NOT compiled and will be slow: {problem}: {error}")
        write_record(folder, problem)

    def translate(self) -> None:
        """Translate the sources to C, always: an older translation may be another Cython's, or made with other directives."""
        from Cython.Build import cythonize

        *modules, shared = self.extensions
        # Where processes are not forked, each would run this script again.
        is_forked = multiprocessing.get_start_method() == "fork"
        translated = cythonize(
            modules,
            build_dir=self.build_temp,
            force=True,
            nthreads=(os.cpu_count() or 1) if is_forked else 0,
            quiet=True,
            language_level=3,
            compiler_directives=DIRECTIVES,
            shared_utility_qualified_name=shared.name,
        )
        files = {extension.name: extension.sources for extension in translated}
        for extension in modules:
            extension.sources = files[extension.name]
        shared.sources = [str(Path(self.build_temp, BUILD["SHARED"] + ".c"))]
        subprocess.run([sys.executable, "-m", "cython", f"--generate-shared={shared.sources[0]}"], check=True)


def write_record(folder: Path, problem: str) -> None:
    """Write `_build.json` beside the modules, and delete those that are not, or no longer, meant to be there."""
    folder.mkdir(parents=True, exist_ok=True)
    suffix = BUILD["SUFFIX"]
    sources = {} if problem else HASHES
    meant = set() if problem else {name + suffix for name in [*HASHES, BUILD["SHARED"]]}
    for path in folder.glob("*" + suffix):
        if path.name not in meant:
            path.unlink()
    record = folder / BUILD["RECORD"]
    others = json.loads(record.read_text()) if record.exists() else {}
    record.write_text(json.dumps(others | {suffix: {"problem": problem, "sources": sources}}, indent=1) + "\n")


def extension(module: str, *sources: str) -> Extension:
    """Return a compiled module of the simulator."""
    return Extension(f"tradekit.simulator.{module}", list(sources), extra_compile_args=FLAGS)


setup(
    # What all modules need of Cython is compiled once, into a module of its own: it takes half the time and a third of the space.
    ext_modules=[*(extension(module, str(PACKAGE / f"{module}.py")) for module in HASHES), extension(BUILD["SHARED"])],
    cmdclass={"build": CleanBuild, "build_ext": CompileOrFallBack},
)
