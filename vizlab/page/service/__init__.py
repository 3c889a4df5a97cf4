"""What keeps a page running for long: stopping, uploads, memory, and what an operator can see of it."""
