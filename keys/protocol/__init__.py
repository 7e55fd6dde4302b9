"""The protocol's Python half: what the server checks, and what the demo, the bench and the tests use.

docs/protocol.md is the specification, static/js/crypto/ the other half; vectors.json, here, holds the two
together. Nothing in this package needs Django or a database.
"""
