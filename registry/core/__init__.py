"""What every domain stands on: records, events, fields, look-ups and errors."""
