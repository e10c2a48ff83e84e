"""What this sandbox does where Clientary's documents say nothing."""

from __future__ import annotations

from typing import Final

from skillkit.sandbox.vendor import Choice

CHOICES: Final = (
    Choice(
        "errors",
        'a field: `{"errors": {"field": ["message"]}}`; all else: `{"error": "message"}`',
        "the style of Rails, which others expect too",
    ),
    Choice(
        "Accept",
        "without `application/json` in it, and no `.json` in the path: 406 with a page of HTML",
        "the documents ask for one of them",
    ),
    Choice(
        "Content-Type", "415 for a POST or PUT with a body that is not sent as `application/json`", "the documents ask for it"
    ),
    Choice(
        "bodies",
        "400 for what is no JSON; 422 for another wrapper, and for a key beside the wrapper",
        "a wrong body must not pass unseen",
    ),
    Choice("unknown fields", "422, also for those that are only read", "Rails would drop them, and a mistake would not show"),
    Choice("unknown paths and methods", "404, also for PATCH", "what Rails does where there is no route"),
    Choice(
        "filters",
        "422 for a value of `filter`, `sort` or a date that is not documented; other query words are ignored",
        "a mistake must show",
    ),
    Choice(
        "page_size",
        "taken by every paged list, at most 100; what is no such number is ignored",
        "integrations send it, and the envelope says which counted",
    ),
    Choice("page sizes", "leads 20, projects 10, tasks 50, payment profiles 30", "text and samples disagree, or say nothing"),
    Choice("page_count", "1 for an empty list", "what the pagination of Rails says"),
    Choice(
        "order",
        "clients by name, leads, invoices and estimates newest first, the rest as it was added",
        "documented for the first two only",
    ),
    Choice(
        "status codes",
        "POST 201, PUT 200, DELETE 204, task PUT 204, messages 204; the last three with an empty body",
        "older descriptions say so for most",
    ),
    Choice(
        "PUT /invoice/{id}",
        "taken, and `/invoices/{id}` too; `/task` and `/tasks` are both taken for creating",
        "the documents print the first, integrations use the second",
    ),
    Choice("completed", "a task takes `complete` and `completed`", "the documents use both"),
    Choice(
        "rate limit",
        "none, unless the option `rate_limit` says how many requests a minute; then 429 with `Retry-After`",
        "no number is documented",
    ),
    Choice(
        "plan limit",
        "none, unless the option `plan_limit` says how many clients, leads and contacts; then 426",
        "the status is documented, no number is",
    ),
    Choice("permissions", "the demo token may do everything; there is no 403", "the rights of a user are not documented"),
    Choice(
        "leads in the place of clients",
        "contacts and estimates can be made for a lead, by its id in the place of a client's",
        "a lead's contacts and estimates go with it, so it has them",
    ),
    Choice("ids", "clients and leads share one count", "a lead that is won stays the same record"),
    Choice(
        "numbers",
        "an invoice or estimate without one gets the highest plus 1, from 1001 on; a number is unique among its own kind",
        "it increments by itself, from where is not said",
    ),
    Choice(
        "rounding",
        "each line is rounded to cents, half up, and then each tax on the sum of the lines",
        "so that a printed invoice adds up",
    ),
    Choice(
        "compound_tax", "the second tax is on the first too; the third is on the lines alone", "that is how far the documents go"
    ),
    Choice(
        "taxable",
        "a line is taxed unless it says that it is not, by all three taxes",
        "a rate on an invoice is meant for its lines",
    ),
    Choice(
        "status",
        "any can be set, but not paid with a balance; if its payment goes, it is sent again; a cancelled one is not sent or paid",
        "only sent and paid are documented",
    ),
    Choice(
        "the project of an invoice",
        "`project_id` in an invoice or estimate; it is read as `associated_project_id` and `projects`",
        "lists by project exist, so there is a link",
    ),
    Choice("overpayment", "422", "a negative balance would say that somebody is owed"),
    Choice("received_on", "taken when a payment is created; today without it", "it is a field of a payment"),
    Choice("fees", "a charged card costs 2.9 % and 0.30", "a usual price"),
    Choice(
        "Stripe",
        "there, unless the option `stripe` is `off`; then payment profiles are 422",
        "the sandbox would have none otherwise",
    ),
    Choice(
        "schedules",
        "unlimited unless `occurrences_remaining` is given; the first request on its day or later makes one invoice alone",
        "nothing else runs in a sandbox",
    ),
    Choice("semimonthly", "every 15 days", "not described"),
    Choice(
        "cascades",
        "with a client go its cards, its schedules and what its projects and invoices hold; expenses stay",
        "projects, invoices, estimates and contacts are documented",
    ),
    Choice(
        "what a project costs",
        "its hours times its rate, or its fixed price; an hour keeps the rate it was logged with, 0 at a fixed price",
        "the fields are documented, their sums are not",
    ),
    Choice("billed hours", "no request makes an hour billed; the demo records hold a few", "no operation for it is documented"),
    Choice("fiscal year", "the calendar year", "it is a setting of the account"),
    Choice(
        "dates",
        "taken as YYYY-MM-DD alone; projects and tasks answer so, and the range of a list of expenses with slashes",
        "the samples show neither",
    ),
)
