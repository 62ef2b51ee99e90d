"""Operations on buckets."""

from __future__ import annotations

import re

from pipette.practice.documents import Raw, document, parse
from pipette.practice.exchange import Exchange
from pipette.practice.records import Bucket
from pipette.practice.refusals import Refusal
from pipette.practice.wire import Reply

FIRST_REGION = "us-east-1"
NAME = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def create_bucket(exchange: Exchange) -> Reply:
    name = exchange.target.bucket
    region = _region_wanted(exchange)
    if not NAME.fullmatch(name) or ".." in name:
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.", BucketName=name)
    if exchange.shelf.find_bucket(name) is None:
        exchange.shelf.create_bucket(Bucket(name, region, exchange.now))
    elif region != FIRST_REGION:
        # Only us-east-1 still takes a second creation for a success.
        raise Refusal("BucketAlreadyOwnedByYou", "You already own this bucket.", BucketName=name)
    return Reply(headers={"Location": f"/{name}"})


def head_bucket(exchange: Exchange) -> Reply:
    return Reply(headers={"x-amz-bucket-region": exchange.bucket.region, "Content-Length": "0"})


def delete_bucket(exchange: Exchange) -> Reply:
    exchange.shelf.delete_bucket(exchange.target.bucket)
    return Reply(204)


def get_location(exchange: Exchange) -> Reply:
    region = exchange.bucket.region
    text = "" if region == FIRST_REGION else region
    return Reply(body=document("LocationConstraint", Raw(text)))


def _region_wanted(exchange: Exchange) -> str:
    body = exchange.read_document()
    if not body:
        return exchange.home_region
    asked = parse(body, "CreateBucketConfiguration")
    return asked.findtext("LocationConstraint") or exchange.home_region
