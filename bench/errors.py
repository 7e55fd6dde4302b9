"""What ends a run of the bench: no figure is better than a wrong one."""


class BenchError(Exception):
    """Something did not go as it must for the figures to be true. The message says what, in a sentence."""
