"""Who is asking: address, place, browser or bot, and where from."""
