"""The parts of the build that pyproject.toml cannot describe: the list of packages, and the formats made ready."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py


class BuildReady(build_py):
    """Copies the packages, and compiles the shipped formats so that users need not wait for it.

    An editable installation has them in the source tree. They are used only while compiler and library are unchanged.
    """

    def run(self) -> None:
        super().run()
        root = Path("compiler" if self.editable_mode else self.build_lib).resolve()
        ready = root / "chatwright" / "made"
        shutil.rmtree(ready, ignore_errors=True)
        with tempfile.TemporaryDirectory() as tree:
            for package, folder in sorted(self.package_dir.items()):
                target = Path(tree, *package.split("."))
                shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
            # A process of its own: the compiler is imported as it is installed, and `-m` looks in the folder first.
            command = [sys.executable, "-m", "chatwright.ahead", str(ready)]
            subprocess.run(command, check=True, cwd=tree, env={**os.environ, "CHATWRIGHT_CACHE": tree})


setup(
    packages=[*find_packages("compiler"), "chatwright.dsl", "chatwright.dsl.errors", "chatwright.specs"],
    cmdclass={"build_py": BuildReady},
)
