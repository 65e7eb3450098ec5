"""What makes the table of latents quick whatever it is sorted and filtered by: numbers of a build as sorted arrays in
memory, texts as one string that is searched at once. A build never changes, so they are made once per process.

A database answers a sort on one column from an index, but not any sort under any filter with an exact total: with a
million latents that is a scan. docs/data-model.md says what is kept where; ``app.db.index_cache`` bounds the memory.
"""
