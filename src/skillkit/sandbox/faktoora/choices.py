"""What this sandbox does where faktoora's documents say nothing."""

from __future__ import annotations

from typing import Final

from skillkit.sandbox.invoice import CHOICES as MADE
from skillkit.sandbox.vendor import Choice

OWN: Final = (
    Choice(
        "codes of errors",
        "the name of the status, as `NOT_FOUND`, in `{code, statusCode, message}`",
        "one such answer is documented, with `BAD_REQUEST`",
    ),
    Choice(
        "errors of fields",
        "400; all of them in `message`, and one by one in `errors: [{field, message}]`",
        "400 is the only such status that is documented",
    ),
    Choice(
        "the key", "asked for before anything else, also where there is no path; the demo key alone is known", "a usual order"
    ),
    Choice("`x-account-id`", "ignored", "the sandbox is one account, and the form of the value is unknown"),
    Choice("rate limits", "none", "nothing is said of any; the faults of the sandbox can answer 429"),
    Choice("`/api/v2`, and a key in `Authorization`", "not taken", "the newer texts say `/api/v1` and `X-API-KEY`"),
    Choice(
        "unknown paths and methods",
        "404 and 405; not there are API keys, product bundles, MCP, and the parts of an import beside summary and content",
        "an agent must not lose its own key, and the paths of the others are guesses",
    ),
    Choice(
        "statuses of success",
        "201 for what is created, 202 for invoices and imports, 200 for all else",
        "202 is documented; the rest is usual",
    ),
    Choice(
        "what a body may be",
        "415 for another Content-Type; 413 above 5 MB; 400 for what is no JSON, 33 levels deep, or a number of 41 digits",
        "a wrong body must not pass unseen",
    ),
    Choice("fields that are unknown", "400, except in invoices, where more is taken than is documented", "a mistake must show"),
    Choice("words of the query that do not fit", "400; names that are unknown are ignored", "a mistake must show"),
    Choice("order without a sort", "as created; `order=desc` turns it round", "not described"),
    Choice("totalPages of an empty list", "0", "not described"),
    Choice("how keywords match", "each must stand somewhere, in whatever case", "any or all is not said"),
    Choice("date ranges", "`issueDateFrom` and `issueDateTo`, as YYYYMMDD or YYYY-MM-DD", "they exist, their names are unknown"),
    Choice("opaque ids", "20 random hexadecimal digits for `faktooraId` and `importId`", "no pattern is documented"),
    Choice(
        "the envelope of new invoices",
        "`[{faktooraId, detailsPage}]`; the option `createEnvelope` makes it `data`, `invoices`, or for a single one `object`",
        "the two fields are documented, what is around them is not",
    ),
    Choice("where detailsPage leads", "an address that leads nowhere", "the sandbox has no pages"),
    Choice("the size of a batch", "100 invoices", "no limit is known"),
    Choice("a batch with an invoice that does not fit", "refused as a whole", "nothing is said of a part"),
    Choice("a number that is taken", "409, also a customer's number, a product's code and a project's document", "not described"),
    Choice("a deleted invoice's number", "free again", "not described"),
    Choice(
        "how long a job takes",
        "until it is done, and one question longer; option `polls` says how many, or `seconds` how long by the clock. "
        "Who is told by a webhook need not ask first",
        "a client must be able to wait",
    ),
    Choice(
        "words of jobStatus",
        "`pending`, `done`, `failed`; option `pending` gives another word to the first",
        "only `done` is documented",
    ),
    Choice("files that are not ready", "404; option `notReady` makes it 409, 423 or 425", "not described"),
    Choice(
        "the status of an invoice",
        "`{faktooraId, invoiceNumber, jobStatus, authority: {status}, delivery: {status, method}, validation}`",
        "the three parts are documented, their names and words are not",
    ),
    Choice(
        "the status of drafts and reviews",
        "`status` is `draft`, `review` or `open`; all three are made, the first two are held back and send no `invoiceSent`",
        "they are confirmed on a page, and the sandbox has none",
    ),
    Choice("keys of delivery", "an object with `method`, `email` or `peppol`; nothing is ever sent", "its keys are unknown"),
    Choice(
        "words of a validation",
        "`{status: done, validity: valid or invalid, createdAt}` after `validate: true`, else null; "
        "403 with the option `invoiceValidation` off",
        "the keys are documented, the words are not",
    ),
    Choice(
        "an item in the list of invoices",
        "number, type, format, dates, currency, buyerName, netAmount, taxAmount, grossAmount as strings, status, jobStatus",
        "not described",
    ),
    Choice(
        "Accept",
        "406 for a file with a type that is neither PDF nor XML; with `invoiceNumber`, JSON is the list, and anything is the PDF",
        "both are documented for one path",
    ),
    Choice("the XML of a plain PDF", "404", "it has none"),
    Choice(
        "deleting without invoiceDeleteMode",
        "403 unless the option `invoiceDeleteMode` is `on`",
        "the setting is documented, its error is not",
    ),
    Choice(
        "the template",
        "`YYYY/MM/id` at first; tokens once each, separators `- / . _`, no other text; padLength 1 to 12; days by UTC",
        "a sample looks so",
    ),
    Choice(
        "the counter of invoice numbers",
        "the highest id of a number that follows the template; it never starts anew",
        "what moves it is not described",
    ),
    Choice(
        "the query of the checks for a free number or code",
        "`invoiceNumber`, `customerNumber`, `code`; 400 without it",
        "unknown names",
    ),
    Choice("files that are too large", "413 above 20 MB", "the limit is documented, its error is not"),
    Choice("reasons of a refusal", "`reasons` stands beside `status` in a validation", "whoever is refused should know why"),
    Choice(
        "the status of an import", "validationStatus and visualizationStatus, pending first, then done or failed", "words unknown"
    ),
    Choice(
        "the summary of an import",
        "id, documentType, number, dates, currency, seller, buyer, and amounts as strings",
        "keys unknown",
    ),
    Choice("files that cannot be read", "404 for their summary and content", "there is none"),
    Choice(
        "what of an import can be edited",
        "invoiceNumber, issueDate, dueDate, currency, note; the content stays as it is in the file",
        "keys unknown",
    ),
    Choice(
        "outgoing imports",
        "they and the invoices that were created here are two lists with ids of their own",
        "whether one is found among the other is unknown",
    ),
    Choice(
        "the country of a customer", "`country`, two letters, `DE` without it", "postcodes are checked by it, its name is unknown"
    ),
    Choice("names of customers", "`name` for a company; a person may have `firstName` and `lastName`", "the text is cut there"),
    Choice(
        "PATCH of a customer",
        "partial; with the option `customerPatch` strict, the five required fields again",
        "two texts disagree",
    ),
    Choice("generated numbers", "`CUST-0001` and on, one above the highest; nothing is reserved", "a sample looks so"),
    Choice("relations of customers", "empty, except for the file that a customer was imported from", "no operation makes any"),
    Choice(
        "the columns of CSV",
        "UTF-8, comma or semicolon, the names of the fields in its first line; 1,000 rows; all of them or none",
        "columns unknown",
    ),
    Choice("a file is imported once", "409 for the second time", "customers would be there twice"),
    Choice("text with emoji", "refused in name and description of products alone", "the documents say so of these"),
    Choice("unit of a product", "any text", "codes are documented as samples"),
    Choice("the list of webhooks", "a plain array", "no paging is documented"),
    Choice(
        "no name is resolved",
        "a target with a reserved name or an address that is not public is refused, any other is taken; "
        "the option `webhooks` set to `loopback` takes those of this machine",
        "a sandbox asks nobody outside",
    ),
    Choice(
        "the deliveries of webhooks",
        "`{action, createdAt}` and the id; unsigned, once, and only to this machine; "
        "`invoiceCreate` when the file is there, `invoiceIncomingCreate` when it was read; never overdue",
        "the body is invented, only that it is a POST is documented",
    ),
    Choice("`invoiceCreated`", "one may subscribe to it as well, and `invoiceCreate` is what comes", "two texts disagree"),
    Choice("the status of a new project", "`active`", "not described"),
    Choice("the customer of a project", "400 for one that is not there", "not described"),
    Choice("projects of a deleted customer", "stay, without a customer", "not described"),
    Choice(
        "documents of a project",
        "invoices and imports must be there; of the other types any id is taken",
        "the other types have no operations",
    ),
)
CHOICES: Final = (*OWN, *(Choice(topic, choice, why) for topic, choice, why in MADE))
