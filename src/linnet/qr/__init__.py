"""QR codes of short URLs: what one looks like, and drawing it."""
