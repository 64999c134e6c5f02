"""What model files are kept in (zip, HDF5, JSON), opened safely: bounded, nothing executed."""
