"""What S3 keeps: buckets, the versions of objects, multipart uploads and their parts."""
