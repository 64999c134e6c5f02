"""Products of two inputs."""

from __future__ import annotations

from support.layer_cases._table import full, has_macs, refuses, takes

has_macs("Dot", [(None, None, 5), (None, 5, 6)], axes=(2, 1))

full("Dot", [(None, 4, 5), (None, 6, 5)], axes=2, normalize=True)
takes("Dot", [(None, 5), (None, 5)], axes=1)
takes("Dot", [(None, 5), (None, 5)], axes=-1)
takes("Dot", [(None, 4, 5), (None, 5, 6)], axes=(2, 1))
takes("Dot", [(None, 4, 5), (None, 5, 6)], axes=[-1, -2])
takes("Dot", [(None, 4, 5), (None, 4)], axes=1)
takes("Dot", [(None, 4), (None, 5, 4)], axes=-1)
takes("Dot", [(None, 2, 3, 5), (None, 5, 6, 7)], axes=(3, 1))
takes("Dot", [(None, None, 5), (None, 5, None)], axes=(2, 1))
takes("Dot", [(None, None, 5), (None, None, 6)], axes=1)
takes("Dot", [(2, 4, 5), (2, 5)], axes=(2, 1))
takes("Dot", [(2, 5), (None, 5)], axes=1)
takes("Dot", [(None, 5), (None, 5)], [(None, 4, 5), (None, 4, 6)], axes=1)
refuses("Dot", [(None, 5), (None, 5)])
refuses("Dot", [(None, 5), (None, 4)], axes=1)
refuses("Dot", [(None, 5), (None, None)], axes=1)
refuses("Dot", [(None, 4, 5), (None, 5, 6)], axes=(2, 2))
refuses("Dot", [(None, 5), (None, 5)], axes=2)
refuses("Dot", [(None, 5), (None, 5)], axes=(1, -3))
refuses("Dot", [(None, 5)], axes=1)
refuses("Dot", [(None, 5)] * 3, axes=1)
refuses("Dot", (None, 5), axes=1)
refuses("Dot", [(None, 5), (None, 5)], axes=None)
refuses("Dot", [(None, 5), (None, 5)], axes=1.0)
refuses("Dot", [(None, 5), (None, 5)], axes=(1,))
refuses("Dot", [(None, 5), (None, 5)], axes=(1, 1, 1))
refuses("Dot", [(None, 5), (None, 5)], axes=((1,), 1))
refuses("Dot", [(None, 5), (None, 5)], axes=1, axis=1)
