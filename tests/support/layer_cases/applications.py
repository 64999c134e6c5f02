"""Layers that `keras.applications` defines for its own networks.

Called on a list where one tensor is wanted, or the other way round, Keras takes what makes no
sense: a sample of a batch for an input, or inputs stacked. The twins do not.
"""

from __future__ import annotations

from support.layer_cases._table import full, last, refuses, takes

full("CustomScaleLayer", [last(2), last(2)], scale=0.17)
takes("CustomScaleLayer", [last(2), (None, 1, 1, 4)], scale=1)
takes("CustomScaleLayer", [last(1, sizes=(None,)), last(1)], scale=-0.5)
takes("CustomScaleLayer", [last(2), last(2)], [last(2), last(2)], scale=1.0)
refuses("CustomScaleLayer", [last(2), last(2)])
refuses("CustomScaleLayer", [last(2)], scale=1.0)
refuses("CustomScaleLayer", [last(2), last(2, channels=3)], scale=1.0)

full("LayerScale", last(2), init_values=1e-6, projection_dim=4)
takes("LayerScale", last(2), last(1), init_values=0, projection_dim=4)
takes("LayerScale", last(2, channels=None), init_values=1.0, projection_dim=4)
takes("LayerScale", last(2, channels=1), init_values=1.0, projection_dim=4)
takes("LayerScale", last(1), init_values=1.0, projection_dim=1)
refuses("LayerScale", last(2), init_values=1e-6, projection_dim=5)
refuses("LayerScale", last(2), init_values=1e-6)
refuses("LayerScale", last(2), init_values=1e-6, projection_dim=0)

full("StochasticDepth", last(2), drop_path_rate=0.1)
takes("StochasticDepth", last(1), last(2), drop_path_rate=0.0)
takes("StochasticDepth", last(2, sizes=(None, None)), drop_path_rate=1)
refuses("StochasticDepth", last(2))
