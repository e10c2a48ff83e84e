"""Stand-ins for the vendors' servers, written from what the vendors say and from nothing else in this package."""
