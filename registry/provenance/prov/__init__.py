"""W3C PROV: reports of what the registry knows, and documents that come in.

`records` loads what a report is about, `document` says it in the terms of PROV-DM
(https://www.w3.org/TR/prov-dm/), `formats` writes it, and `drawing` draws it. `reading`
and `mapping` are the way in.
"""
