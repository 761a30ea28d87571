"""The list of packages: everything else is in pyproject.toml, which cannot both find packages and name others."""

from setuptools import find_packages, setup

setup(packages=[*find_packages("compiler"), "chatwright.dsl", "chatwright.dsl.errors", "chatwright.specs"])
