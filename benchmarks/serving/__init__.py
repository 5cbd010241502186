"""What the server's acceptance is made of: models, good and damaged requests, a soak, and what is asked of them."""
