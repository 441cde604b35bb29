"""W3C PROV: reports of what the registry knows, and documents that come in.

`records` loads what a report is about, `document` says it in the terms of PROV-DM
(https://www.w3.org/TR/prov-dm/), `formats` writes it, and `drawing` draws it. On the
way in, `reading` reads the statements of a document, `sources` joins them, `agents`,
`entities` and `activities` describe what becomes a record, and `importing` registers
that.
The fields of records are written by `attributes` and read by `fields`, both by the maps
that domains declare.
"""
