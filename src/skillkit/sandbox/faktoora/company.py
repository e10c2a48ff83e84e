"""The company whose account the sandbox is, all of it fictional."""

from __future__ import annotations

from typing import Final

from skillkit.sandbox.invoice import Company, Contact, Party, Payment

COMPANY: Final = Company(
    party=Party(
        name="Elbkontor Digital GmbH",
        street="Speicherzeile 12",
        postcode="20457",
        city="Hamburg",
        country="DE",
        vat_id="DE123456788",
        tax_id="48/123/45678",
        register_id="HRB 987654",
        email="rechnung@elbkontor.example",
    ),
    contact=Contact("Buchhaltung", "+49 40 5550199", "buchhaltung@elbkontor.example"),
    payment=Payment("58", "DE89370400440532013000", "MUSTDEHHXXX", "Elbkontor Digital GmbH", "Musterbank Hamburg"),
    imprint=("Sitz: Hamburg", "Amtsgericht Hamburg, HRB 987654"),
    website="www.elbkontor.example",
)
