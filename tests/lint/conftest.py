"""What the lint tests share: the folder of the build, from MCASTD_BUILD."""

import os
import pathlib

import pytest


@pytest.fixture(scope="session")
def build():
    return pathlib.Path(os.environ["MCASTD_BUILD"])
