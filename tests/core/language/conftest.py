"""Where real tokenizers and models lie, for those who have them."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def real() -> Path:
    """The folder that TRAINING_LAB_REAL names; without it the test is skipped, and says so."""
    named = os.environ.get("TRAINING_LAB_REAL")
    if not named:
        pytest.skip("needs real files: TRAINING_LAB_REAL names no folder with gpt2/ and stories260K/")
    return Path(named)
