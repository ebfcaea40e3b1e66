"""Pictures of metric widgets."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from tests.services.cloudwatch.conftest import refused


def picture(desk, **given):
    """The image of a widget on the metric `m` of `shop`."""
    widget = {"metrics": [["shop", "m", {"stat": "Sum", "period": 60}]], **given}
    return desk.watch.get_metric_widget_image(MetricWidget=json.dumps(widget))["MetricWidgetImage"]


def test_a_widget_as_a_picture(desk):
    desk.put(3, 4)
    light, dark = (
        Image.open(io.BytesIO(picture(desk, width=300, height=200, theme=name))) for name in ("light", "dark")
    )
    assert (light.format, light.size) == ("PNG", (300, 200))
    assert (light.getpixel((1, 1)), dark.getpixel((1, 1))) == ((255, 255, 255), (0x1A, 0x22, 0x2C))
    assert Image.open(io.BytesIO(picture(desk))).size == (600, 400)
    desk.put(9, ago=60)
    bars = [{"expression": "m1 * 2", "label": "twice"}]
    with_more = picture(desk, view="bar", metrics=[["shop", "m", {"id": "m1", "visible": False}], bars], title="Bars")
    assert with_more != picture(desk, view="bar", metrics=[["shop", "none"]], title="Bars")


@pytest.mark.parametrize(
    "widget",
    ["", "[]", "{}", '{"metrics": []}', '{"metrics": [["n", "m"]], "width": 2001}', '{"metrics": [["n"]]}',
     '{"metrics": [["n", "m"]], "start": "soon"}', '{"metrics": [["n", "m", {"stat": "odd"}]]}',
     '{"metrics": [["n", "m"]], "view": "cake"}', '{"metrics": [["n", "m"]], "timezone": "CET"}'],
)  # fmt: skip
def test_widgets_that_are_none(desk, widget):
    refused("ValidationError", desk.watch.get_metric_widget_image, MetricWidget=widget)


def test_forms_of_pictures(desk):
    widget = '{"metrics": [["n", "m"]]}'
    refused("NotImplemented", desk.watch.get_metric_widget_image, MetricWidget=widget, OutputFormat="image/png")
    refused("InvalidParameterValue", desk.watch.get_metric_widget_image, MetricWidget=widget, OutputFormat="gif")
