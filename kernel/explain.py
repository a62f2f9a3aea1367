"""`yunfan explain party.Customer`: everything that derives from one entity, on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kernel.command import commands
from kernel.entity import TenantRow, Wall, described, facets, targets
from kernel.search import terms_of
from values.wire import wire_name

Explainer = Callable[[type[TenantRow]], Iterator[str]]


def explain(entity: type[TenantRow], explainers: tuple[Explainer, ...] = ()) -> Iterator[str]:
    """Lines of text. `explainers`: what other rooms derive (GraphQL, sync, import), registered by the process."""
    about = described(entity)
    source = f"{entity.__module__.replace('.', '/')}.py"
    yield f"{about.name}  {about.zh} / {about.en}  ({source})"
    yield f"table        app.{entity.__tablename__}, primary key (tenant_id, id)"
    yield "wall         RESTRICTIVE: tenant_id = app.tenant_id"
    scoped = entity.__wall__ is Wall.SCOPED
    yield f"scope        {'PERMISSIVE: scope_path within the data scope' if scoped else 'PERMISSIVE: true (unscoped)'}"
    yield f"tracking     {'change log, scope exits' if about.tracked else 'off'}; audit on every command"
    yield f"permissions  {', '.join(about.permissions)}"
    yield f"archive      {'recycle bin, 30 days' if about.archivable else 'no'}"
    if about.searchable:
        yield f"search       {', '.join(sorted(terms_of(entity).columns))}"
    if about.graphql:
        root = f", connection {wire_name(about.collection)}" if about.collection else ""
        yield f"graphql      type {about.graphql}{root}; filters and sorting as the fields below say"
    yield f"export       {'with every wire field, masked ones left out' if about.exported else 'no'}"
    related = targets(entity)
    yield "fields       (name · label · shapes)"
    for name, facet in facets(entity).items():
        shapes = [
            label
            for label, on in (
                ("wire", facet.wire),
                ("writable", facet.writable),
                ("filter", facet.filterable),
                ("sort", facet.sortable),
                ("personal", facet.personal),
                ("secret", facet.secret),
                ("maskable", facet.maskable),
            )
            if on
        ]
        if facet.search:
            shapes.append(f"search:{facet.search.value}")
        if facet.wire:
            shapes.append(f"merge:{facet.merge.value}")
        if name in related:
            shapes.append(f"→ {related[name]}")
        spelt = wire_name(name) if facet.wire else name
        yield f"  {spelt:<24} {facet.zh} / {facet.en}  [{', '.join(shapes) or 'server only'}]"
    for explainer in explainers:
        yield from explainer(entity)
    yield "commands"
    for found in commands():
        if found.permission and found.permission.startswith(f"{about.permission}."):
            offline = "offline" if found.offline else "online"
            yield f"  {found.name:<32} {found.permission}  {offline}  ({found.handler.__module__.replace('.', '/')}.py)"
