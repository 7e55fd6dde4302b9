"""The sections of vectors.json. Every key, id, nonce and time here is fixed and obviously made up."""
