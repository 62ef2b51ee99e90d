"""How smooth the window stays while everything happens, and how soon it is there."""
