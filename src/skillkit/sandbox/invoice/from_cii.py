"""What stands in an invoice in CII: ZUGFeRD 1 and 2, Factur-X and XRechnung."""

from __future__ import annotations

from typing import Final

from lxml import etree

from skillkit.sandbox.invoice import zugferd1
from skillkit.sandbox.invoice.paths import Attachment, Document, Paths, binary, dated, filled, found, kept, party, rows, text

TRADE: Final = "SupplyChainTradeTransaction"
AGREEMENT: Final = f"{TRADE}/ApplicableHeaderTradeAgreement"
DELIVERY: Final = f"{TRADE}/ApplicableHeaderTradeDelivery"
SETTLEMENT: Final = f"{TRADE}/ApplicableHeaderTradeSettlement"

HEAD: Final[Paths] = {
    "invoiceNumber": "ExchangedDocument/ID",
    "invoiceTypeCode": "ExchangedDocument/TypeCode",
    "issueDate": "ExchangedDocument/IssueDateTime/DateTimeString",
    "currency": f"{SETTLEMENT}/InvoiceCurrencyCode",
    "dueDate": f"{SETTLEMENT}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString",
    "buyerReference": f"{AGREEMENT}/BuyerReference",
    "orderNumber": f"{AGREEMENT}/BuyerOrderReferencedDocument/IssuerAssignedID",
    "contractNumber": f"{AGREEMENT}/ContractReferencedDocument/IssuerAssignedID",
    "projectNumber": f"{AGREEMENT}/SpecifiedProcuringProject/ID",
    "paymentReference": f"{SETTLEMENT}/PaymentReference",
    "mandateReference": f"{SETTLEMENT}/SpecifiedTradePaymentTerms/DirectDebitMandateID",
    "creditorId": f"{SETTLEMENT}/CreditorReferenceID",
}
PARTY: Final[Paths] = {
    "name": "Name",
    "street": "PostalTradeAddress/LineOne",
    "addressAddition": "PostalTradeAddress/LineTwo",
    "postcode": "PostalTradeAddress/PostcodeCode",
    "city": "PostalTradeAddress/CityName",
    "country": "PostalTradeAddress/CountryID",
    "vatId": "SpecifiedTaxRegistration/ID[@schemeID='VA']",
    "taxId": "SpecifiedTaxRegistration/ID[@schemeID='FC']",
    "registerId": "SpecifiedLegalOrganization/ID",
    "id": "(ID | GlobalID)[1]",
    "electronicAddress": "URIUniversalCommunication/URIID",
    "electronicAddressScheme": "URIUniversalCommunication/URIID/@schemeID",
}
CONTACT: Final[Paths] = {
    "name": "DefinedTradeContact/PersonName",
    "department": "DefinedTradeContact/DepartmentName",
    "phone": "DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber",
    "email": "DefinedTradeContact/EmailURIUniversalCommunication/URIID",
}
ITEM: Final[Paths] = {
    "id": "AssociatedDocumentLineDocument/LineID",
    "note": "AssociatedDocumentLineDocument/IncludedNote/Content",
    "netAmount": "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
}
PRODUCT: Final[Paths] = {
    "name": "SpecifiedTradeProduct/Name",
    "description": "SpecifiedTradeProduct/Description",
    "productId": "SpecifiedTradeProduct/SellerAssignedID",
    "buyerAssignedID": "SpecifiedTradeProduct/BuyerAssignedID",
    "globalID": "SpecifiedTradeProduct/GlobalID",
    "quantity": "SpecifiedLineTradeDelivery/BilledQuantity",
    "unitCode": "SpecifiedLineTradeDelivery/BilledQuantity/@unitCode",
    "price": "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount",
    "priceQuantity": "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/BasisQuantity",
}
RATE: Final[Paths] = {"typeCode": "TypeCode", "categoryCode": "CategoryCode", "rate": "RateApplicablePercent"}
TAX: Final[Paths] = {
    **RATE,
    "basisAmount": "BasisAmount",
    "taxAmount": "CalculatedAmount",
    "exemptionReason": "ExemptionReason",
    "exemptionReasonCode": "ExemptionReasonCode",
}
CHANGE: Final[Paths] = {
    "amount": "ActualAmount",
    "reason": "Reason",
    "reasonCode": "ReasonCode",
    "percent": "CalculationPercent",
    "basisAmount": "BasisAmount",
    "categoryCode": "CategoryTradeTax/CategoryCode",
    "rate": "CategoryTradeTax/RateApplicablePercent",
}
TOTALS: Final[Paths] = {
    "lineTotal": "LineTotalAmount",
    "allowanceTotal": "AllowanceTotalAmount",
    "chargeTotal": "ChargeTotalAmount",
    "netTotal": "TaxBasisTotalAmount",
    "taxTotal": "TaxTotalAmount[not(@currencyID) or @currencyID = ../../InvoiceCurrencyCode]",
    "rounding": "RoundingAmount",
    "grossTotal": "GrandTotalAmount",
    "prepaid": "TotalPrepaidAmount",
    "due": "DuePayableAmount",
}
TERMS: Final[Paths] = {"description": "Description", "dueDate": "DueDateDateTime/DateTimeString"}
MEANS: Final[Paths] = {
    "typeCode": "TypeCode",
    "information": "Information",
    "iban": "PayeePartyCreditorFinancialAccount/IBANID",
    "account": "PayeePartyCreditorFinancialAccount/ProprietaryID",
    "accountName": "PayeePartyCreditorFinancialAccount/AccountName",
    "bic": "PayeeSpecifiedCreditorFinancialInstitution/BICID",
    "bankName": "PayeeSpecifiedCreditorFinancialInstitution/Name",
    "debitedIban": "PayerPartyDebtorFinancialAccount/IBANID",
    "card": "ApplicableTradeSettlementFinancialCard/ID",
}
WHEN: Final[Paths] = {
    "date": f"{DELIVERY}/ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString",
    "from": f"{SETTLEMENT}/BillingSpecifiedPeriod/StartDateTime/DateTimeString",
    "to": f"{SETTLEMENT}/BillingSpecifiedPeriod/EndDateTime/DateTimeString",
}
PRECEDING: Final[Paths] = {"IssuerAssignedID": "IssuerAssignedID", "issueDateTime": ".//DateTimeString"}
FILES: Final = f"{AGREEMENT}/AdditionalReferencedDocument[TypeCode='916' or AttachmentBinaryObject]"


def document(root: etree._Element) -> tuple[Document, tuple[Attachment, ...]]:
    """Return what the invoice says, in the vendor's names where it has any, and the files inside."""
    plain = zugferd1.plain(root)
    said = {
        **dated(filled(plain, HEAD), ["issueDate", "dueDate"]),
        "notes": [note for each in found(plain, "ExchangedDocument/IncludedNote") if (note := text(each, "Content"))],
        "invoiceReferencedDocuments": [
            dated(row, ["issueDateTime"]) for row in rows(plain, f"{SETTLEMENT}/InvoiceReferencedDocument", PRECEDING)
        ],
        "seller": _party(plain, f"{AGREEMENT}/SellerTradeParty"),
        "buyer": _party(plain, f"{AGREEMENT}/BuyerTradeParty"),
        "payee": _party(plain, f"{SETTLEMENT}/PayeeTradeParty"),
        "delivery": _delivery(plain),
        "lineItems": [_item(each) for each in found(plain, f"{TRADE}/IncludedSupplyChainTradeLineItem")],
        "allowances": _changes(plain, SETTLEMENT, charge=False),
        "charges": _changes(plain, SETTLEMENT, charge=True),
        "taxes": rows(plain, f"{SETTLEMENT}/ApplicableTradeTax", TAX),
        "totals": next(iter(rows(plain, f"{SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation", TOTALS)), {}),
        "paymentTerms": [dated(row, ["dueDate"]) for row in rows(plain, f"{SETTLEMENT}/SpecifiedTradePaymentTerms", TERMS)],
        "paymentMeans": rows(plain, f"{SETTLEMENT}/SpecifiedTradeSettlementPaymentMeans", MEANS),
    }
    return kept(said), tuple(_attachment(each) for each in found(plain, FILES))


def _party(plain: etree._Element, path: str) -> Document:
    for each in found(plain, path):
        return party(filled(each, PARTY), filled(each, CONTACT))
    return {}


def _delivery(plain: etree._Element) -> Document:
    days = dated(filled(plain, WHEN), WHEN)
    return kept({**days, "address": _party(plain, f"{DELIVERY}/ShipToTradeParty")})


def _item(line: etree._Element) -> Document:
    product = {**filled(line, PRODUCT), "taxes": rows(line, "SpecifiedLineTradeSettlement/ApplicableTradeTax", RATE)}
    return kept(
        {
            **filled(line, ITEM),
            "product": kept(product),
            "allowances": _changes(line, "SpecifiedLineTradeSettlement", charge=False),
            "charges": _changes(line, "SpecifiedLineTradeSettlement", charge=True),
        }
    )


def _changes(element: etree._Element, below: str, *, charge: bool) -> list[Document]:
    wanted = "true" if charge else "false"
    return rows(element, f"{below}/SpecifiedTradeAllowanceCharge[normalize-space(ChargeIndicator)='{wanted}']", CHANGE)


def _attachment(element: etree._Element) -> Attachment:
    held = element.find("AttachmentBinaryObject")
    return Attachment(
        id=text(element, "IssuerAssignedID"),
        name=text(element, "Name"),
        file=text(element, "AttachmentBinaryObject/@filename"),
        mime=text(element, "AttachmentBinaryObject/@mimeCode"),
        address=text(element, "URIID"),
        content=binary(held) if held is not None else b"",
    )
