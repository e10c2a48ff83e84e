"""A stand-in for Clientary's API, version 2."""
