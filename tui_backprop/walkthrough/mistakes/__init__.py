"""What people do wrong in backpropagation: each mistake described once, to plant and to name."""
