"""What the e-invoices do where the vendor's documents say nothing: topic, choice, reason."""

from __future__ import annotations

from typing import Final

CHOICES: Final[tuple[tuple[str, str, str], ...]] = (
    ("default of `format`", "`zf:2`", "the usual German format that has both a page and XML"),
    ("a plain PDF", "`format: pdf`", "the MCP tool can make one, and its value in REST is unknown"),
    (
        "XRechnung in UBL",
        "`schema: UBL`, default `CII`",
        "so the MCP tool calls it; a PDF holds CII only, so a UBL one has none inside",
    ),
    ("default of `currency`", "`EUR`", "not among the mandatory fields, and a German vendor"),
    ("default of `invoiceTypeCode`", "`380`", "one known caller does not send it"),
    ("a tax without `categoryCode`", "`S` when the rate is above 0, else `Z`", "the only categories that need no reason"),
    ("rates and categories that do not fit", "a field error", "EN 16931 refuses them, and nothing invalid is made"),
    ("identifiers for a category", "a field error when a VAT identifier is missing that EN 16931 wants", "as above"),
    (
        "`seller` left out",
        "the account's company with its contact, account and imprint",
        "the documents say it is taken from there",
    ),
    ("e-mail of an XRechnung's seller", "the account's own address counts", "the seller may be left out altogether"),
    (
        "buyer reference of an XRechnung",
        "the buyer's e-mail address when no id is given",
        "XRechnung wants one; the vendor wants either",
    ),
    ("a public buyer without e-mail", "addressed by its Leitweg-ID, scheme 0204", "every XRechnung needs an electronic address"),
    ("day of delivery", "`deliveryDate`, else the day of issue", "German law wants it on the invoice"),
    (
        "other terms of EN 16931",
        "`notes`, `paymentTerms`, `paymentMeans`, `allowances`, `charges`, `deliveryDate`",
        "names unknown",
    ),
    ("unknown fields", "ignored", "the vendor takes more than its documents show"),
    (
        "numbers",
        "JSON numbers or strings; six digits after the point are kept, below 1,000,000,000",
        "one known caller sends strings",
    ),
    ("size of an invoice", "1,000 items; 500 characters in a name, 5,000 in a text", "no limit is known"),
    ("`issueDateTime` of a referenced document", "YYYYMMDD, may be missing", "as all other dates of the payload"),
    ("terms of payment when neither day nor terms are given", "`Zahlbar sofort ohne Abzug.`", "EN 16931 wants one of both"),
    ("characters no font has", "a question mark on the page, whole in the XML", "PDF/A allows no missing glyph"),
    ("amounts in `content`", "strings such as `119.00`, dates YYYYMMDD", "decimals must not become floats"),
    ("national rules of XRechnung", "not checked", "no library carries them; XSD and EN 16931 decide"),
    ("ZUGFeRD 1", "made as COMFORT, checked by its schema alone", "no library carries its rules"),
)
