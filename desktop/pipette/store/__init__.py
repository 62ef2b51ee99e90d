"""What is kept on this computer besides the queue: settings, accounts, keys, and where."""
