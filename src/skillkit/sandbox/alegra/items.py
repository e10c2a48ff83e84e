"""Items: what is sold and bought, at which price, and how much of it lies where."""

from __future__ import annotations

from typing import Any, Final

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document, done
from skillkit.sandbox.alegra.fields import Fields, Kind, either, entry, identity, many, number, one_of, record, reference, text
from skillkit.sandbox.alegra.files import attaching, detaching
from skillkit.sandbox.alegra.lines import TAXES, WAREHOUSE
from skillkit.sandbox.alegra.listing import among, equal, like, same, truth
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, operations, removed
from skillkit.sandbox.alegra.stock import default_warehouse, place
from skillkit.sandbox.alegra.sums import plain, total

PRICES: Final = many(
    record({"idPriceList": reference("price-lists", "name", "type"), "price": number()}, "idPriceList", "price"), least=1
)
PRICE: Final = number()

QUANTITIES: Final[Fields] = dict.fromkeys(("initialQuantity", "minQuantity", "maxQuantity"), number())

INVENTORY: Final = record(
    {
        "unit": text(60),
        "unitCost": number(),
        "negativeSale": lambda _, value, __: bool(value),
        "initialQuantity": number(),
        "warehouses": many(entry("warehouses", ("name",), QUANTITIES)),
    }
)


def _price(books: Books, value: Any, where: str) -> list[Document]:
    """Read a price: a number, for the general list, or one price for each of several lists."""
    if isinstance(value, list):
        read = PRICES(books, value, where)
        return [
            {"idPriceList": each["idPriceList"]["id"], "name": each["idPriceList"]["name"], "price": each["price"]}
            for each in read
        ]
    lists = books.state.rows("price-lists")
    general = lists[0] if lists else {"id": None, "name": "General"}
    return [{"idPriceList": general["id"], "name": general["name"], "price": PRICE(books, value, where)}]


def _options() -> Kind:
    return many(record({"id": text(40), "value": text()}))


FIELDS: Final[Fields] = {
    "name": text(),
    "price": _price,
    "description": text(500),
    "reference": either(text(), record({"reference": text()})),
    "category": reference("categories", "name"),
    "inventory": INVENTORY,
    "tax": TAXES,
    "type": one_of("product", "service", "kit", "variantParent", "variant", "simple"),
    "status": one_of("active", "inactive"),
    "customFields": many(entry("custom-fields", ("name",), {"value": text()}, "value")),
    "subitems": many(record({"item": reference("items", "name"), "quantity": number("0.000001")}, "item", "quantity")),
    "kitWarehouse": WAREHOUSE,
    "itemCategory": reference("item-categories", "name"),
    "variantAttributes": many(entry("variant-attributes", ("name",), {"options": _options()})),
    "accounting": record(
        {"inventory": reference("categories", "name"), "inventariablePurchase": reference("categories", "name")}
    ),
    "productKey": text(60),
}

BLANK: Final[dict[str, Any]] = {
    **dict.fromkeys(("description", "reference", "category", "kitWarehouse", "itemCategory", "accounting", "productKey")),
    "inventory": {},
    "tax": [],
    "status": "active",
    "customFields": [],
    "subitems": [],
    "variantAttributes": [],
    "itemVariants": [],
    "hasNoIvaDays": False,
    "url": None,
}


def _shape(books: Books, item: Document, before: Document | None) -> Document:
    held = (before or {}).get("inventory") or {}
    given = item["inventory"] or {}
    if isinstance(item["reference"], dict):
        item["reference"] = item["reference"].get("reference")
    item["inventory"] = _counted(held, given) if held.get("warehouses") else _opened(books, given)
    # CHOICE: what has stock is a product, and the rest a service, unless it is said.
    item.setdefault("type", "product" if item["inventory"].get("warehouses") else "service")
    return item


def _opened(books: Books, given: Document) -> Document:
    """Return an inventory as it starts: where nothing says otherwise, all of it in the main warehouse."""
    stocked = "initialQuantity" in given or given.get("warehouses") or "unitCost" in given
    if not stocked:
        return {"unit": given.get("unit", "service")}
    somewhere = [{"id": key, "initialQuantity": given.get("initialQuantity", 0)} for key in [default_warehouse(books)] if key]
    places = [
        {**place(books, each["id"]), **each, "availableQuantity": each.get("initialQuantity", 0)}
        for each in given.get("warehouses") or somewhere
    ]
    count = plain(total(each["availableQuantity"] for each in places))
    start = {"unit": "unit", "unitCost": 0, "negativeSale": False}
    return {**start, **given, "warehouses": places, "initialQuantity": count, "availableQuantity": count}


def _counted(held: Document, given: Document) -> Document:
    """Return an inventory as a PUT changes it."""
    # CHOICE: quantities are moved by documents, and not by a PUT.
    changed = {name: value for name, value in given.items() if name in {"unit", "unitCost", "negativeSale"}}
    bounds = {
        each["id"]: {name: value for name, value in each.items() if name in {"minQuantity", "maxQuantity"}}
        for each in given.get("warehouses") or []
    }
    return {**held, **changed, "warehouses": [{**each, **bounds.get(each["id"], {})} for each in held["warehouses"]]}


def _settle(books: Books, before: Document | None, after: Document | None) -> None:
    if after or not before:
        return
    for table in ("invoices", "estimates", "remissions", "recurring-invoices", "credit-notes"):
        if any(str(line["id"]) == before["id"] for row in books.state.rows(table) for line in row["items"]):
            # CHOICE: an item that sales name is not deleted.
            raise Refused(f"El ítem {before['id']} tiene documentos asociados")


SIMPLE: Final = ("id", "name", "reference", "description", "price", "status", "type")


def _seen(_: Books, item: Document, asked: Asked) -> Document:
    return {name: item[name] for name in SIMPLE} if asked.query.get("mode") == "simple" else item


ITEMS: Final = Resource(
    "items",
    "el ítem",
    FIELDS,
    required=("name", "price"),
    blank=BLANK,
    filters={
        "idWarehouse": same("inventory.warehouses.id"),
        "name": like("name"),
        "reference": same("reference"),
        "price": equal("price.price"),
        "description": like("description"),
        "priceList_id": same("price.idPriceList"),
        "idItemCategory": same("itemCategory.id"),
        "type": among("type"),
        "variantAttribute_id": same("variantAttributes.id"),
        "variantAttributeOption_id": same("variantAttributes.options.id"),
        "variantParent_id": same("variantParent.id"),
        "customField_id": same("customFields.id"),
        "customField_value": same("customFields.value"),
        "status": among("status"),
        "inventariable": truth(lambda row: bool((row["inventory"] or {}).get("warehouses"))),
    },
    orders={"id": "id", "name": "name", "reference": "reference", "price": "price.price", "description": "description"},
    searched=("name", "reference", "description"),
    shape=_shape,
    settle=_settle,
    seen=_seen,
    event="item",
)


def _delete_many(books: Books, asked: Asked) -> Answer:
    # CHOICE: the ids come as ?id=1,2 or as {"ids": [1, 2]}.
    given = asked.query.get("id") or asked.query.get("ids")
    if given:
        keys = [identity(each, "id") for each in given.split(",")]
    else:
        listed = record({"ids": many(lambda _, value, where: identity(value, where), least=1)}, "ids")
        keys = listed(books, asked.body, "body")["ids"]
    for key in keys:
        removed(books, ITEMS, key)
    return done(f"Se eliminaron {len(keys)} ítems")


OPERATIONS: Final[Operations] = {
    **operations(ITEMS),
    **attaching(ITEMS),
    **detaching(ITEMS),
    "DELETE /items": _delete_many,
}
