"""Architecture families, one file each; `_registry` holds how they are declared and found."""
