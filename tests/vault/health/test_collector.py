"""Reading a file leaves Python's collector as it was, whatever happens inside."""

from __future__ import annotations

import gc

import pytest

from vault.health.formats import fhir_json
from vault.health.formats.collector import paused_collector
from vault.health.strict_json import MalformedJson


def test_the_collector_comes_back_after_the_last_reader_and_after_a_fault() -> None:
    with paused_collector():
        with paused_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(MalformedJson):
        fhir_json.read(b'{"resourceType": nonsense}')
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with paused_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
