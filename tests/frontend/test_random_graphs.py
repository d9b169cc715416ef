"""Random operator graphs: what is imported gives what the reference executors give, the rest is refused.

Another seed each run of the long tier, unless HWGEN_SEED states one; a failure names the seed of each graph.
"""

from __future__ import annotations

import traceback
from collections import Counter

import pytest

from tests.frontend.judge import Refused, agreement
from tests.frontend.random_graphs import random_graph
from tests.seeds import SEED
from tests.tiers import often

FEW, MANY = often(250, 120), 3000


def _compare(first: int, graphs: int) -> Counter[str]:
    """Import and run graphs. Raises: AssertionError naming the seed of each that differs or ends in a traceback."""
    count, wrong = Counter[str](), []
    for seed in range(first, first + graphs):
        model, kind, scale = random_graph(seed)
        try:
            answer = "refused" if agreement(model, kind, scale) else "exact"
        except Refused:
            answer = "not judged"
        except AssertionError as error:
            answer = "different"
            wrong.append(f"seed {seed}: {' '.join(str(error).split())[:300]}")
        except Exception as error:  # whatever an import raises that is no refusal is a finding
            answer = "traceback"
            wrong.append(f"seed {seed}: {error!r}, {traceback.format_exc().splitlines()[-3].strip()}")
        count[answer] += 1
    print(f"{graphs} graphs from seed {first}: {dict(count)}")
    assert not wrong, "\n".join(wrong)
    assert count["exact"] > 0.3 * graphs and count["not judged"] < 0.01 * graphs, count
    return count


def test_random_graphs() -> None:
    _compare(0, FEW)


@pytest.mark.long
def test_many_random_graphs() -> None:
    _compare(SEED, MANY)


def test_the_same_seed_makes_the_same_graph() -> None:
    assert random_graph(7)[0].SerializeToString() == random_graph(7)[0].SerializeToString()
