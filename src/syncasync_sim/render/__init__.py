"""Results for people, as text and as charts. Everything here returns; nothing prints."""
