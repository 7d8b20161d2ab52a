"""`./hesabi`: what an integrator, a tester or a program in another language types."""
