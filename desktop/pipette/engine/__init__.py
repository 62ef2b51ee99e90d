"""The queue: decides, remembers, and moves the bytes. No QtWidgets; runs headless."""
