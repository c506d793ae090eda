"""The desk: the pages of those who are signed in. Facilitators read and steer their cohorts here, members read the
course and their own way through it.

Every page and every act is a `Door` (`doors`): its verb, its path, who may, and a function from a `Call` to an answer,
run in one transaction. `serving` makes aiohttp routes of them and is the only place that knows requests; whether
somebody may is decided there, from the table, before the function is called.
"""
