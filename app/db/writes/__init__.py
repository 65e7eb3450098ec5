"""The only writes to the database. Each function takes the session first, commits what it did, and leaves
nothing half done: an error rolls back what that call wrote.

A build's rows are committed as they come, but no page sees them until ``finish_build`` points its source at
the build.
"""
