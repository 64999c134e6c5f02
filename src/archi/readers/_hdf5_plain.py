"""Placeholder."""


def plain_contents(path, name):
    return None
