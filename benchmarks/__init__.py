"""Speed side by side with the strongest peers: `blink bench`, and what `make acceptance` measures."""
