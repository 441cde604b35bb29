"""RO-Crates (https://w3id.org/ro/crate/1.1): how they are made, and imported."""
