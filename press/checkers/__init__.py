"""What `press.check` starts in processes of their own; nothing here is imported by the program."""
