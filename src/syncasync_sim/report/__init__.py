"""Floor 3: results for people, as text and as charts. Everything here returns; nothing prints."""
