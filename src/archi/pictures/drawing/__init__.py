"""Diagram → Scene: how large boxes are, where they stand and how edges run."""
