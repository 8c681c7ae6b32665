"""Batches that are uploaded: kept on the disk, tagged one after the other, gone on with after a crash."""
