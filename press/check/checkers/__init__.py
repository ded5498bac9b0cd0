"""Scripts that `press.check.external` runs as processes; no module imports them."""
