"""Graph → numbers → Report. Nothing here prints."""
