"""A server with a tiny model, one for all tests of a process."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from torch_needed import need_torch

from .server import Server
from .tiny import EXAMPLE, model


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    need_torch()
    from tokenizers import Tokenizer

    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if folder.name.startswith("popen-") else folder
    found = Server(model(shared), Tokenizer.from_file(str(EXAMPLE.parent / "tokenizer.json")))
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join(10)


@pytest.fixture
def server(_served: Server) -> Iterator[Server]:
    """It behaves, and has counted nothing yet."""
    _served.well_behaved()
    yield _served
    _served.well_behaved()
