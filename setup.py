"""Compile the simulator; without a C compiler, leave it uncompiled and say so in `_build.json`, which is read at run time."""

from __future__ import annotations

import json
import os
import runpy
import shutil
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

FLAGS = [] if os.name == "nt" else ["-O3", "-ffp-contract=off"]  # contraction would change results between machines
DIRECTIVES = {
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
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

        translated = cythonize(
            self.extensions, build_dir=self.build_temp, force=True, quiet=True, language_level=3, compiler_directives=DIRECTIVES
        )
        files = {extension.name: extension.sources for extension in translated}
        for extension in self.extensions:
            extension.sources = files[extension.name]


def write_record(folder: Path, problem: str) -> None:
    """Write `_build.json` beside the modules, and delete those that are not, or no longer, meant to be there."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = {} if problem else HASHES
    for path in folder.glob("*" + BUILD["SUFFIX"]):
        if path.name.removesuffix(BUILD["SUFFIX"]) not in sources:
            path.unlink()
    record = folder / BUILD["RECORD"]
    others = json.loads(record.read_text()) if record.exists() else {}
    record.write_text(json.dumps(others | {BUILD["SUFFIX"]: {"problem": problem, "sources": sources}}, indent=1) + "\n")


setup(
    ext_modules=[
        Extension(f"tradekit.simulator.{module}", [str(PACKAGE / f"{module}.py")], extra_compile_args=FLAGS) for module in HASHES
    ],
    cmdclass={"build": CleanBuild, "build_ext": CompileOrFallBack},
)
