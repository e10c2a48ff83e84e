"""Let an agent work in business apps without holding their keys."""

VERSION = "0.1.0"
DISTRIBUTION = "skillkit-local"
