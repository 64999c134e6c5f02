"""A model's config, as Keras writes it, → Graph; see `reader`."""
