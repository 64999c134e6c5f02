"""Graph ⇄ `keras.Model`: its config, the model itself, the proof of both, and code to read."""
