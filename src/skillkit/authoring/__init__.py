"""What a contributor works with: the check of a connector file, rule by rule."""
