"""`doctor embed`: find what in a page of a host site stops the element from working."""
