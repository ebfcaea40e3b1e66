"""Charts: the widgets of CloudWatch's dashboards as drawings, SVG on the console's pages and PNG in the API's answers.

`widgets.py` reads a widget and says what it asks for, `chart.py` is what is to be drawn, `drawing.py` draws it on a
canvas: `svg.py` or `png.py`. Nothing here knows a room, a page or the store.
"""
