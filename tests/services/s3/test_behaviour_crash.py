"""What a crash and a broken upload leave: all of an object, or nothing of it."""

from __future__ import annotations

import socket

from tests.services.s3.wire import Wire


def test_what_was_acknowledged_survives(fresh_cloud, name):
    s3 = fresh_cloud.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="small", Body=b"x" * 10)
    s3.put_object(Bucket=name, Key="large", Body=b"y" * 1_000_000)
    upload = s3.create_multipart_upload(Bucket=name, Key="m")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="m", UploadId=upload, PartNumber=1, Body=b"z" * 100_000)["ETag"]
    fresh_cloud.restart()
    s3 = fresh_cloud.client("s3")
    assert s3.get_object(Bucket=name, Key="small")["Body"].read() == b"x" * 10
    assert s3.get_object(Bucket=name, Key="large")["Body"].read() == b"y" * 1_000_000
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.complete_multipart_upload(Bucket=name, Key="m", UploadId=upload, MultipartUpload=parts)
    assert s3.head_object(Bucket=name, Key="m")["ContentLength"] == 100_000


def test_an_upload_that_breaks_off_leaves_nothing(fresh_cloud, name):
    s3 = fresh_cloud.client("s3")
    s3.create_bucket(Bucket=name)
    url = s3.generate_presigned_url("put_object", {"Bucket": name, "Key": "k"})
    target = url.partition(f"{fresh_cloud.port}")[2]
    with socket.create_connection(("127.0.0.1", fresh_cloud.port)) as connection:
        head = f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{fresh_cloud.port}\r\nContent-Length: 5000000\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1_000_000)
    assert Wire(fresh_cloud, "test").send("HEAD", f"/{name}/k")[0] == 404
    fresh_cloud.restart()
    s3 = fresh_cloud.client("s3")
    assert "Contents" not in s3.list_objects_v2(Bucket=name)
    s3.delete_bucket(Bucket=name)


def test_deleting_takes_the_content_away(fresh_cloud, name):
    s3 = fresh_cloud.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"y" * 1_000_000)
    s3.copy_object(Bucket=name, Key="c", CopySource=f"{name}/k")
    assert len(list((fresh_cloud.data / "blobs").glob("*/*"))) == 1
    s3.delete_object(Bucket=name, Key="k")
    assert s3.get_object(Bucket=name, Key="c")["Body"].read() == b"y" * 1_000_000
    s3.delete_object(Bucket=name, Key="c")
    assert list((fresh_cloud.data / "blobs").glob("*/*")) == []
