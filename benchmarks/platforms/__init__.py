"""What Pipette costs at each platform: calls per file, and time beside plain S3."""
