"""What runs the services and the stack below them."""
