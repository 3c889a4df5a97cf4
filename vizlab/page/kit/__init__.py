"""What tabs are built from: HTML, pictures, grids, strips, the base of a method's tab. Methods may import it."""
