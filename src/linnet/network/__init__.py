"""The outside world: name servers, and fetching addresses that users name, without reaching private networks."""
