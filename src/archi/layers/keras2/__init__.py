"""Twins of layers that Keras 2 had and Keras 3 has no more: files of Keras 2 hold them."""
