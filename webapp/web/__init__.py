"""HTTP: each view reads, calls one step of the journey, and answers."""
