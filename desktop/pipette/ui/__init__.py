"""The window. Shows snapshots and sends commands; decides nothing."""
