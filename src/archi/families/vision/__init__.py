"""Families of networks that look at images."""
