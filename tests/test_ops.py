"""Operations of `keras.ops`: each twin beside the real function."""

from __future__ import annotations

import op_cases  # noqa: F401
import op_parity
import pytest
from op_cases._table import CANNOT_RUN, NOT_TAKEN, TAKEN
from op_parity import ACCEPTED, REFUSED, Refused

from archi.graph import building


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_the_twin_says_what_keras_says(twin_keras, case):
    assert op_parity.check(case) == ACCEPTED


@pytest.mark.parametrize("case", NOT_TAKEN, ids=str)
def test_the_twin_refuses_what_keras_refuses(twin_keras, case):
    assert op_parity.check(case) == REFUSED


@pytest.mark.parametrize("case", CANNOT_RUN, ids=str)
def test_the_twin_refuses_what_could_never_be_run(twin_keras, case):
    with building():
        assert isinstance(op_parity.call_twin(case), Refused)
    assert not isinstance(op_parity.call_real(twin_keras, case), Refused)
