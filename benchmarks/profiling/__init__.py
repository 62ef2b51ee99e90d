"""Where the time goes, beside what this machine could do at best."""
