"""What the surfaces share: who asks, how much, and in which form."""
