"""RO-Crates (https://w3id.org/ro/crate/1.1): how records are packed, and taken in."""
