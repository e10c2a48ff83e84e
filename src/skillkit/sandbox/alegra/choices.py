"""What this sandbox does where nobody knows what the vendor does."""

from __future__ import annotations

from typing import Final

from skillkit.sandbox.vendor import Choice

_UNKNOWN: Final = "The documents say nothing."
_SHAPE: Final = "The operation is known, its body is not."

OPTIONS: Final = (
    "`country` (colombia), `webhooks` (`loopback` posts to this machine, otherwise nothing leaves),"
    " `stamp` (a code such as AEP1001: every stamping fails with it), `emission` (the emissionStatus of what is stamped),"
    " `plan` (`basic` has no reports, `suspended` answers 402),"
    " `rate` (calls a minute), `errors` (`flat`, `nested`, `text`), `lists` (`results` has taxes come as {total, results})."
)

# Topic, choice, why.
ROWS: Final = (
    (
        "Options",
        OPTIONS,
        "What differs between companies, or was seen in more than one shape, is chosen when the sandbox starts.",
    ),
    (
        "Error bodies",
        "{message, code}, and for a code the status where none is known; the sentences are ours, in Spanish.",
        _UNKNOWN,
    ),
    ("Unknown fields in a body", "They are ignored and not kept.", "A misspelt field shows by not coming back."),
    ("Unknown query parameters", "They are ignored, and so are empty ones.", _UNKNOWN),
    ("null in a body", "It empties a field, and is refused for a required one.", _UNKNOWN),
    ("Numbers", "Fifteen digits, six of them decimals; a numeral as text is taken too.", "More could not be shown exactly."),
    (
        "Limit beyond 30",
        "400.",
        "An error is documented, its status and text are not; some clients were seen to get away with more.",
    ),
    ("Order without order_field", "As the documents were made.", _UNKNOWN),
    ("order_field where no values are documented", "id, name, date and the like; others are refused.", _UNKNOWN),
    (
        "Rate limit",
        "A minute begins with the first call after the last one ended; refused calls count.",
        "Only the headers are documented.",
    ),
    ("Rate limit of strangers", "Calls without a good credential are counted together.", "The limit is documented for users."),
    ("Ids inside lines", "Items are numbered, while items name themselves with text.", "Both were seen."),
    ("Ids of taxes and categories", "Numbers, everywhere.", "They were seen as numbers after the move to text."),
    ("What documents say of others", "The name that it had when the document was written.", _UNKNOWN),
    ("Time zone", "That of Bogotá.", "The demo company is Colombian."),
    ("Operations of one country", "They work in every country.", "What other countries answer is not known."),
    (
        "Enumerations of Colombia",
        "They hold in Colombia; elsewhere any text is taken.",
        "The lists of other countries are not complete.",
    ),
    (
        "Status of actions",
        "200; 201 where something with an id of its own is made, such as a comment or a file.",
        "Only e-mail is known.",
    ),
    ("Body of e-mail answers", "{code, message}; nothing is sent.", "Only the status is known."),
    ("Void and open", "No reason is asked for; the answer is the document.", _UNKNOWN),
    ("Previews", "{url}, the address of a PDF.", _SHAPE),
    ("Comments", "A comment is answered as {id, text, date}, and stands in the document's `comments`.", _SHAPE),
    ("Attachments", "Any kind, up to 10 MB; {id, name, url}, kept in the document's `attachments`.", _UNKNOWN),
    (
        "PDF of an invoice",
        "`fields=pdf` gives an address on this server that needs no credential.",
        "The real one leads to a file store.",
    ),
    ("Rounding", "Half up to the cent, for each line and each tax of it.", _UNKNOWN),
    ("Lines", "id, price and quantity are required.", "Documented as optional; every client sends them."),
    ("Lines without taxes", "They have none; they do not inherit those of their item.", _UNKNOWN),
    ("dueDate before date", "400.", _UNKNOWN),
    ("Numbers of drafts", "A draft has its number from the start.", _UNKNOWN),
    ("A prefix and a number", "The prefix must be a template's, and the number free; the template counts on from it.", _UNKNOWN),
    ("Payments in a PUT of an invoice or a bill", "They are left alone.", "They are documents of their own."),
    ("Payment method of a payment inside an invoice", "cash, where it is left out.", _UNKNOWN),
    ("Status in a PUT of an invoice", "draft may become open; everything else is void, open, or a payment.", _UNKNOWN),
    ("Voiding what is paid, or was stamped", "400.", "Deleting it is refused as well, by inference."),
    ("Stamping when an invoice is made", "If the stamp fails, nothing is made; a draft is refused.", _UNKNOWN),
    ("Stamping when none can be stamped", "200, all in `error`.", "Both arrays are known to stand in a 200."),
    (
        "Stamping in Colombia",
        "Needs paymentForm, and with CASH a paymentMethod; otherwise code 3051.",
        "Known as needed, not how it is refused.",
    ),
    (
        "Retentions of invoices and bills",
        "Noted; the balance is the total less what was paid.",
        "The only rule for balances that is known.",
    ),
    ("Retentions inside payments", "They settle a document as the money does.", "Otherwise nothing retained could ever close."),
    ("Credit and debit notes", "They lower the balance of what they name; without an amount by all of it.", _UNKNOWN),
    ("Refunds", "{amount, date, account, paymentMethod, observations}, the amount required.", "The elements are not documented."),
    ("Status of notes", "closed once all of a note is applied or refunded.", _UNKNOWN),
    ("Paying more than is owed", "400.", _UNKNOWN),
    ("Payments for nothing", "invoices, bills or categories is required.", _UNKNOWN),
    ("Payments without a type", "out when they pay bills, in otherwise.", _UNKNOWN),
    ("Payments for several clients", "400.", _UNKNOWN),
    ("Payments in a conciliation", "They cannot be changed, voided or deleted.", _UNKNOWN),
    ("Bank accounts", "name and type are required; number, initialBalance and status are kept.", "Only the type is documented."),
    ("Bank transfers", "Two payments, one out and one in; the answer shows both.", _SHAPE),
    ("Conciliations", "bankAccount and date are required; `payments` names what the bank confirms.", _SHAPE),
    ("Estimates", "open, and closed once an invoice takes them.", "There is a status, its values are not documented."),
    ("Remissions", "open, void, and closed once an invoice takes them.", "The same."),
    ("Recurring invoices", "They make no invoices here; `repeatEvery` is kept as it comes.", _UNKNOWN),
    ("Global invoices", "`saleTickets` names invoices of the company.", _SHAPE),
    (
        "Transportation receipts",
        "date and client are required; undocumented shapes take a text, a number or a flat object.",
        _SHAPE,
    ),
    ("Purchase orders", "Lines come as `items` or under `purchases`.", _SHAPE),
    ("Status of bills", "open from the start, closed at a balance of nothing.", _UNKNOWN),
    ("Closing a bill", "What was still owed goes to the account that is named.", _UNKNOWN),
    ("Advances of a bill", "{advances: [{id, amount}]}, each a payment out that pays accounts.", _SHAPE),
    ("Perceptions of a bill", "{perceptions: [{name, amount}]}, noted and added to nothing.", _SHAPE),
    ("Importing by CUFE", "96 hexadecimal digits, once; the bill is made up from them.", "There is no tax authority here."),
    (
        "Check digit of a NIT",
        "Worked out where it is left out; refused where it is wrong.",
        "The rule is known, what breaks it is not.",
    ),
    ("Duplicate contacts", "By identification, also in a PUT; not by e-mail.", "The code is known for both, seen for one."),
    ("Deleting what others name", "Contacts, items, taxes, bank accounts and warehouses in use are not deleted.", _UNKNOWN),
    ("mode=simple", "The fields that a list needs.", _UNKNOWN),
    ("Deleting several items", "`?id=1,2` or {ids: [1, 2]}.", "The form of the argument is not known."),
    ("Type of an item", "product with stock, service without, unless it is said.", _UNKNOWN),
    (
        "Stock",
        "Open invoices take, credit notes and bills bring; sales may take more than there is, transfers may not.",
        _UNKNOWN,
    ),
    ("Quantities in a PUT of an item", "They are left alone.", "Documents move them."),
    ("Adjustment lines", "{id, type: in | out, quantity, unitCost}.", _SHAPE),
    ("Options of variants and fields", "Numbered by their place.", _UNKNOWN),
    ("Additional charges", "name, and a percentage or an amount.", "No fields are documented."),
    ("Number templates", "One that has counted, or is the default, is not deleted.", _UNKNOWN),
    (
        "Codes 32006 and 32021",
        "An account with the same code, and one with the same name under the same parent.",
        "Both say that it exists.",
    ),
    ("Settings of categories, metadata of users", "Scalars and flat objects are kept as they come.", _SHAPE),
    ("Graph of the journal", "{data: [{date, debit, credit}]}, by month.", _SHAPE),
    ("The user of the credential", "The first one, an administrator, who cannot be deleted.", _UNKNOWN),
    ("Permissions of users", "By noun; an administrator has them all.", _UNKNOWN),
    (
        "Webhooks without the option",
        "Nothing is posted, and every handshake counts as answered.",
        "A sandbox talks to this machine alone.",
    ),
    ("Webhook URL with a scheme", "400.", "The vendor wants it without."),
    (
        "Webhook events",
        "edit- also tells that a document was voided or opened; payments tell nothing.",
        "Only the events' names are known.",
    ),
    ("One webhook subscription", "{subscription}, as when it is made.", _SHAPE),
    ("Reports", "A period that is not named has no end; drafts and void invoices do not count.", _UNKNOWN),
    ("Rows of reports", "Those of sales have the fields one may order by; the others are ours.", _SHAPE),
)

CHOICES: Final = tuple(Choice(*row) for row in ROWS)
