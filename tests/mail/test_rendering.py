"""SES's templates: what each construct gives, what is missing, what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from cloudarium.mail import rendering

DATA: dict[str, Any] = {
    "name": "Ann", "n": 3, "price": 2.0, "none": None, "yes": True, "no": False, "empty": [], "html": "<b>&</b>",
    "items": [{"t": "a"}, {"t": "b"}], "plain": ["x", "y"], "map": {"k": "v", "l": "w"}, "deep": {"er": {"est": "!"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("Hi {{name}}!", "Hi Ann!"),
        ("{{ name }}{{{html}}}{{html}}", "Ann<b>&</b><b>&</b>"),  # SES escapes nothing
        ("{{n}} {{price}} {{yes}} {{none}}", "3 2 true "),
        ("{{deep.er.est}} {{deep/er/est}} {{items.[1].t}} {{items.1.t}}", "! ! b b"),
        ("{{#if yes}}a{{else}}b{{/if}}{{#if no}}a{{else}}b{{/if}}{{#if missing}}a{{/if}}{{#if empty}}c{{/if}}", "ab"),
        ("{{#if no}}a{{else if yes}}b{{else}}c{{/if}}", "b"),
        ("{{#unless no}}a{{/unless}}{{#unless yes}}a{{else}}b{{/unless}}", "ab"),
        ("{{#each items}}{{@index}}{{t}}{{#if @last}}.{{else}},{{/if}}{{/each}}", "0a,1b."),
        ("{{#each plain}}{{this}}{{../name}}{{/each}}{{#each empty}}x{{else}}-{{/each}}", "xAnnyAnn-"),
        ("{{#each map}}{{@key}}={{this}};{{/each}}", "k=v;l=w;"),
        ("{{#each items}}{{#each ../plain}}{{this}}{{@root.n}}{{/each}}{{/each}}", "x3y3x3y3"),
        ("{{#with deep}}{{er.est}}{{/with}}{{! note }}{{!-- {{name}} --}}", "!"),
        ("{ {a} } }}", "{ {a} } }}"),
    ],
)
def test_what_is_shown(template: str, shown: str) -> None:
    assert rendering.render(template, DATA) == shown


@pytest.mark.parametrize(
    ("template", "missing"),
    [("{{nobody}}", "nobody"), ("{{deep.nothing}}", "deep.nothing"), ("{{#each items}}{{u}}{{/each}}", "u"),
     ("{{items.9.t}}", "items.9.t"), ("{{../name}}", "../name"), ("{{@nothing}}", "@nothing")],
)  # fmt: skip
def test_what_is_missing(template: str, missing: str) -> None:
    with pytest.raises(rendering.MissingAttribute) as caught:
        rendering.render(template, DATA)
    assert str(caught.value) == missing


@pytest.mark.parametrize(
    "template",
    ["{{name", "{{}}", "{{#if a}}", "{{/if}}", "{{else}}", "{{#each a}}{{/if}}", "{{#who a}}{{/who}}", "{{a b}}",
     "{{#if}}x{{/if}}", "{{#if a}}{{else}}{{else}}{{/if}}", "{{#if a}}" * 40 + "{{/if}}" * 40, "{{a'b}}"],
)  # fmt: skip
def test_what_cannot_be_read(template: str) -> None:
    with pytest.raises(rendering.BadTemplate):
        rendering.read(template)


def test_what_is_not_built_is_named() -> None:
    for template in ("{{> header}}", '{{#* inline "x"}}{{/inline}}'):
        with pytest.raises(rendering.Unsupported):
            rendering.read(template)


def test_a_small_template_cannot_make_a_huge_mail() -> None:
    many = {"a": list(range(200))}
    for inside in ("x", ""):
        nested = "{{#each @root.a}}" * 5 + inside + "{{/each}}" * 5
        with pytest.raises(rendering.TooLong):
            rendering.render(nested, many)
