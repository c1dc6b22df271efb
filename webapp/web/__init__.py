"""HTTP for people: each route reads the request, calls one step of the journey, and answers."""
