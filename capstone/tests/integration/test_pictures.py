"""Pictures go straight to S3, and only as they were announced."""

from __future__ import annotations

from typing import Any
from urllib.request import Request

import pytest
from journey import Shop, eventually, fetch, post_form, red_square


@pytest.fixture
def product(staff: Shop, run: str) -> Any:
    """A product without a picture."""
    wanted = {"name": "A Novel", "category": f"test-{run}", "price_cents": 1_490}
    return staff.ask(201, "POST", "/products", wanted).body


def form_for(staff: Shop, product: Any) -> Any:
    """A form that takes this product's picture."""
    return staff.ask(200, "POST", f"/products/{product['id']}/picture", {"content_type": "image/png"}).body


def test_a_picture_comes_back_with_its_thumbnail(staff: Shop, anyone: Shop, product: Any) -> None:
    picture = red_square(300)
    assert fetch(post_form(form_for(staff, product), picture)).status == 204
    path = f"/products/{product['id']}"
    eventually(lambda: anyone.ask(200, "GET", path).body["thumbnail_url"], "no thumbnail was made", 30)
    shown = anyone.ask(200, "GET", path).body
    thumbnail = fetch(Request(shown["thumbnail_url"]))
    assert (thumbnail.status, thumbnail.headers["content-type"]) == (200, "image/jpeg")
    assert fetch(Request(shown["picture_url"])).headers["content-length"] == str(len(picture))
    assert fetch(Request(shown["picture_url"].replace("pictures/", "thumbnails/"))).status == 403
    assert fetch(Request(shown["picture_url"].partition("?")[0])).status == 403
    assert fetch(Request(shown["picture_url"].replace("Expires=900", "Expires=86400"))).status == 403
    assert fetch(Request(shown["picture_url"], method="DELETE")).status == 403


def test_what_was_not_announced_is_not_taken(staff: Shop, product: Any) -> None:
    form = form_for(staff, product)
    picture = red_square(10)
    assert fetch(post_form(form, picture, **{"Content-Type": "text/html"})).status == 403
    assert fetch(post_form(form, picture, key="pictures/another")).status == 403
    assert fetch(post_form(form, picture, policy=form["fields"]["policy"][::-1])).status in (400, 403)
    assert fetch(post_form(form, b"")).status == 400
    assert fetch(post_form(form, b"x" * (5 * 1024 * 1024 + 1))).status == 400
    staff.ask(422, "POST", f"/products/{product['id']}/picture", {"content_type": "text/html"})
    staff.ask(404, "POST", "/products/nothing/picture", {"content_type": "image/png"})
