"""A stand-in for Alegra's REST API v1, written from the vendor's own documents."""
