"""Random sums of products."""

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def einsums(draw):
    """Return subscripts and the shapes of two operands that they fit."""
    sizes = dict(zip("abcde", draw(st.permutations([1, 2, 3, 4, 5])), strict=True))
    terms = [draw(st.lists(st.sampled_from("abcde"), max_size=3, unique=True)) for _ in range(2)]
    letters = sorted({*terms[0], *terms[1]})
    kept = draw(st.lists(st.sampled_from(letters), unique=True)) if letters else []
    subscripts = f"{''.join(terms[0])},{''.join(terms[1])}->{''.join(kept)}"
    return subscripts, [tuple(sizes[letter] for letter in term) for term in terms]
