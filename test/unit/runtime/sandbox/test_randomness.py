"""A policy that draws from shared generators is played alone; the word in a comment costs nothing."""

from __future__ import annotations

import pytest
from policybook.sandbox.analysis.randomness import draws_random

ACT = "\n\ndef act(observation):\n    return 0\n"


@pytest.mark.parametrize(
    "text",
    [
        "import random",
        "import numpy.random as draw",
        "from random import gauss",
        "from numpy import random as draw",
        "from numpy.random import rand",
        "import numpy as np\nDRAW = np.random.default_rng(1)",
        "# 1, 2, 3, 4, 5, 6, 7, 8,\nimport random",
        "1,\n2,\n3,\n4,\n5,\n6,\n7,\n8,\nimport random",
    ],
)
def test_every_way_of_naming_a_generator_counts(text: str) -> None:
    assert draws_random(text + ACT)


@pytest.mark.parametrize(
    "text",
    [
        "# No random numbers here.",
        '"""Better than a random policy."""',
        "LABEL = 'random'",
        "randomness = 1",
        "import numpy as np",
    ],
)
def test_the_word_alone_costs_nothing(text: str) -> None:
    assert not draws_random(text + ACT)


def test_a_text_that_does_not_compile_draws_nothing() -> None:
    assert not draws_random("import random\ndef act(:")
