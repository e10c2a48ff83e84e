"""What stands in an invoice or a credit note in UBL."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Final

from lxml import etree

from skillkit.sandbox.invoice.paths import Attachment, Document, Paths, binary, dated, filled, found, kept, party, rows, text

HEAD: Final[Paths] = {
    "invoiceNumber": "ID",
    "invoiceTypeCode": "InvoiceTypeCode | CreditNoteTypeCode",
    "issueDate": "IssueDate",
    "currency": "DocumentCurrencyCode",
    "dueDate": "DueDate | PaymentMeans/PaymentDueDate",
    "buyerReference": "BuyerReference",
    "orderNumber": "OrderReference/ID",
    "contractNumber": "ContractDocumentReference/ID",
    "projectNumber": "ProjectReference/ID",
    "paymentReference": "PaymentMeans/PaymentID",
    "mandateReference": "PaymentMeans/PaymentMandate/ID",
    "creditorId": "*//PartyIdentification/ID[@schemeID='SEPA']",
}
ADDRESS: Final[Paths] = {
    "street": "StreetName",
    "addressAddition": "AdditionalStreetName",
    "postcode": "PostalZone",
    "city": "CityName",
    "country": "Country/IdentificationCode",
}
PARTY: Final[Paths] = {
    "name": "(PartyLegalEntity/RegistrationName | PartyName[not(../PartyLegalEntity/RegistrationName)]/Name)[1]",
    **{name: f"PostalAddress/{path}" for name, path in ADDRESS.items()},
    "vatId": "PartyTaxScheme[normalize-space(TaxScheme/ID)='VAT']/CompanyID",
    "taxId": "PartyTaxScheme[normalize-space(TaxScheme/ID)!='VAT']/CompanyID",
    "registerId": "PartyLegalEntity/CompanyID",
    "id": "PartyIdentification/ID[not(@schemeID='SEPA')]",
    "electronicAddress": "EndpointID",
    "electronicAddressScheme": "EndpointID/@schemeID",
}
CONTACT: Final[Paths] = {"name": "Contact/Name", "phone": "Contact/Telephone", "email": "Contact/ElectronicMail"}
ITEM: Final[Paths] = {"id": "ID", "note": "Note", "netAmount": "LineExtensionAmount"}
PRODUCT: Final[Paths] = {
    "name": "Item/Name",
    "description": "Item/Description",
    "productId": "Item/SellersItemIdentification/ID",
    "buyerAssignedID": "Item/BuyersItemIdentification/ID",
    "globalID": "Item/StandardItemIdentification/ID",
    "quantity": "InvoicedQuantity | CreditedQuantity",
    "unitCode": "InvoicedQuantity/@unitCode | CreditedQuantity/@unitCode",
    "price": "Price/PriceAmount",
    "priceQuantity": "Price/BaseQuantity",
}
RATE: Final[Paths] = {"typeCode": "TaxScheme/ID", "categoryCode": "ID", "rate": "Percent"}
TAX: Final[Paths] = {
    **{name: f"TaxCategory/{path}" for name, path in RATE.items()},
    "basisAmount": "TaxableAmount",
    "taxAmount": "TaxAmount",
    "exemptionReason": "TaxCategory/TaxExemptionReason",
    "exemptionReasonCode": "TaxCategory/TaxExemptionReasonCode",
}
CHANGE: Final[Paths] = {
    "amount": "Amount",
    "reason": "AllowanceChargeReason",
    "reasonCode": "AllowanceChargeReasonCode",
    "percent": "MultiplierFactorNumeric",
    "basisAmount": "BaseAmount",
    "categoryCode": "TaxCategory/ID",
    "rate": "TaxCategory/Percent",
}
TOTALS: Final[Paths] = {
    "lineTotal": "LegalMonetaryTotal/LineExtensionAmount",
    "allowanceTotal": "LegalMonetaryTotal/AllowanceTotalAmount",
    "chargeTotal": "LegalMonetaryTotal/ChargeTotalAmount",
    "netTotal": "LegalMonetaryTotal/TaxExclusiveAmount",
    "taxTotal": "TaxTotal/TaxAmount[@currencyID = /*/DocumentCurrencyCode]",
    "rounding": "LegalMonetaryTotal/PayableRoundingAmount",
    "grossTotal": "LegalMonetaryTotal/TaxInclusiveAmount",
    "prepaid": "LegalMonetaryTotal/PrepaidAmount",
    "due": "LegalMonetaryTotal/PayableAmount",
}
MEANS: Final[Paths] = {
    "typeCode": "PaymentMeansCode",
    "information": "PaymentMeansCode/@name",
    "iban": "PayeeFinancialAccount/ID",
    "accountName": "PayeeFinancialAccount/Name",
    "bic": "PayeeFinancialAccount/FinancialInstitutionBranch/ID",
    "debitedIban": "PaymentMandate/PayerFinancialAccount/ID",
    "card": "CardAccount/PrimaryAccountNumberID",
}
DELIVERY: Final[Paths] = {
    "date": "Delivery/ActualDeliveryDate",
    "from": "InvoicePeriod/StartDate",
    "to": "InvoicePeriod/EndDate",
}
SHIP_TO: Final[Paths] = {
    "id": "Delivery/DeliveryLocation/ID",
    "name": "Delivery/DeliveryParty/PartyName/Name",
    **{name: f"Delivery/DeliveryLocation/Address/{path}" for name, path in ADDRESS.items()},
}
PRECEDING: Final[Paths] = {"IssuerAssignedID": "ID", "issueDateTime": "IssueDate"}
FILES: Final = "AdditionalDocumentReference[Attachment or not(DocumentTypeCode)]"


def document(root: etree._Element) -> tuple[Document, tuple[Attachment, ...]]:
    """Return what the invoice says, in the vendor's names where it has any, and the files inside."""
    plain = _plain(root)
    head = dated(filled(plain, HEAD), ["issueDate", "dueDate"])
    said = {
        **head,
        # UBL has no place for the subject of a note; EN 16931 puts its code before the text.
        "notes": [note for each in found(plain, "Note") if (note := re.sub(r"^#[A-Z]{3}#", "", text(each, ".")))],
        "invoiceReferencedDocuments": [
            dated(row, ["issueDateTime"]) for row in rows(plain, "BillingReference/InvoiceDocumentReference", PRECEDING)
        ],
        "seller": _party(plain, "AccountingSupplierParty/Party"),
        "buyer": _party(plain, "AccountingCustomerParty/Party"),
        "payee": _party(plain, "PayeeParty"),
        "delivery": kept({**dated(filled(plain, DELIVERY), ["date", "from", "to"]), "address": filled(plain, SHIP_TO)}),
        "lineItems": [_item(each) for each in found(plain, "InvoiceLine | CreditNoteLine")],
        "allowances": _changes(plain, charge=False),
        "charges": _changes(plain, charge=True),
        "taxes": rows(plain, "TaxTotal/TaxSubtotal", TAX),
        "totals": filled(plain, TOTALS),
        "paymentTerms": _terms(plain, head),
        "paymentMeans": rows(plain, "PaymentMeans", MEANS),
    }
    return kept(said), tuple(_attachment(each) for each in found(plain, FILES))


def _plain(root: etree._Element) -> etree._Element:
    copy = deepcopy(root)
    for element in copy.iter(etree.Element):
        element.tag = etree.QName(element).localname
    return copy


def _party(plain: etree._Element, path: str) -> Document:
    for each in found(plain, path):
        return party(filled(each, PARTY), filled(each, CONTACT))
    return {}


def _item(line: etree._Element) -> Document:
    product = {**filled(line, PRODUCT), "taxes": rows(line, "Item/ClassifiedTaxCategory", RATE)}
    return kept(
        {
            **filled(line, ITEM),
            "product": kept(product),
            "allowances": _changes(line, charge=False),
            "charges": _changes(line, charge=True),
        }
    )


def _changes(element: etree._Element, *, charge: bool) -> list[Document]:
    wanted = "true" if charge else "false"
    return rows(element, f"AllowanceCharge[normalize-space(ChargeIndicator)='{wanted}']", CHANGE)


def _terms(plain: etree._Element, head: Document) -> list[Document]:
    # UBL keeps the day apart from the words; here both are one, as in CII.
    terms = rows(plain, "PaymentTerms", {"description": "Note"})
    if "dueDate" not in head:
        return terms
    return [{**(terms[0] if terms else {}), "dueDate": head["dueDate"]}, *terms[1:]]


def _attachment(element: etree._Element) -> Attachment:
    held = element.find("Attachment/EmbeddedDocumentBinaryObject")
    return Attachment(
        id=text(element, "ID"),
        name=text(element, "DocumentDescription"),
        file=text(element, "Attachment/EmbeddedDocumentBinaryObject/@filename"),
        mime=text(element, "Attachment/EmbeddedDocumentBinaryObject/@mimeCode"),
        address=text(element, "Attachment/ExternalReference/URI"),
        content=binary(held) if held is not None else b"",
    )
