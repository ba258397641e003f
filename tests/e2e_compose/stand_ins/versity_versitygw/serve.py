"""Serve objects as `versitygw posix FOLDER` does, from memory; every folder in FOLDER is a bucket."""

import os
import sys
from pathlib import Path

import boto3
from moto import mock_aws
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response

assert sys.argv[1] == "posix"
assert os.environ["ROOT_ACCESS_KEY_ID"]
assert os.environ["ROOT_SECRET_ACCESS_KEY"]
port = int(os.environ["VGW_PORT"].removeprefix(":"))
with mock_aws():
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")  # noqa: S106
    for folder in Path(sys.argv[2]).iterdir():
        client.create_bucket(Bucket=folder.name)
    objects = DomainDispatcherApplication(create_backend_app)
    application = DispatcherMiddleware(objects, {os.environ["VGW_HEALTH"]: Response("ok")})
    run_simple("0.0.0.0", port, application, threaded=True)  # noqa: S104  # in a container
