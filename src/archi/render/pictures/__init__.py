"""Plot → bytes of a picture file. One format a file, named as the suffix is."""
