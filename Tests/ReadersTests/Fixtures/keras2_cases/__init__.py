"""The cases of make_keras2.py: one module per world."""
