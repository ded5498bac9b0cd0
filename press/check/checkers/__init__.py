"""Scripts that `press.check.external` runs as processes; the program imports none of them."""
