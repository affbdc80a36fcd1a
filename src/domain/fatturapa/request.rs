//! What a shop knows when it asks for an invoice: an order with prices with or without VAT.
//!
//! Here: the input of `build`, as plain data that may be incomplete or wrong.
//! Not here: any rule; `party`, `lines` and `build` judge and convert.

use chrono::NaiveDate;

use crate::domain::money::Decimal;

use super::codes::{DocumentType, FundKind, LineKind, Natura, PaymentMethod, PaymentTerms, WithholdingKind};
use super::model::{
    Adjustment, ArticleCode, Attachment, DocumentReference, Issuer, OtherData, PrincipalInvoice, Transport,
    TransportDocument, VatId, Vehicle,
};

/// What kind of buyer: decides routing and which tax number is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BuyerKind {
    /// A private person.
    #[default]
    Consumer,
    /// A company, a professional or a sole trader.
    Business,
    /// A body listed in IPA, which gets FPA12.
    PublicBody,
}

/// The buyer as the order names it; nothing is checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    /// Kind of buyer.
    pub kind: BuyerKind,
    /// Name of a firm or body; for a consumer the whole name, when it is not divided.
    pub denominazione: Option<String>,
    /// Given name of a person.
    pub nome: Option<String>,
    /// Surname of a person.
    pub cognome: Option<String>,
    /// Italian partita IVA or foreign VAT number, with or without country prefix.
    pub partita_iva: Option<String>,
    /// Italian codice fiscale, 16 characters or 11 digits.
    pub codice_fiscale: Option<String>,
    /// Recipient code of a business or office code of a public body.
    pub codice_destinatario: Option<String>,
    /// Certified mail address.
    pub pec: Option<String>,
    /// Street.
    pub indirizzo: Option<String>,
    /// House number, when it is not part of the street.
    pub numero_civico: Option<String>,
    /// Postcode, foreign ones included.
    pub cap: Option<String>,
    /// Town.
    pub comune: Option<String>,
    /// Italian province, two letters.
    pub provincia: Option<String>,
    /// ISO 3166-1 alpha-2; missing means `IT`.
    pub nazione: Option<String>,
}

/// A price reduction of a line, VAT included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discount {
    /// No discount.
    #[default]
    None,
    /// Per cent of the unit price, 0 to 100.
    Percent(Decimal),
    /// Euro per unit.
    PerUnit(Decimal),
    /// Euro on the whole line.
    Line(Decimal),
}

/// One order line with VAT-inclusive amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrossLine {
    /// Ancillary expense, discount, premium; none for ordinary goods.
    pub kind: Option<LineKind>,
    /// Codes of the article.
    pub codes: Vec<ArticleCode>,
    /// What was sold.
    pub description: String,
    /// How many; a negative quantity turns the sign of the price.
    pub quantity: Decimal,
    /// Unit of measure.
    pub unit: Option<String>,
    /// Price of one unit before discounts, VAT included unless `net`.
    pub unit_price: Decimal,
    /// Whether the amounts of this line are without VAT, which is then added on the summary.
    pub net: bool,
    /// Discount of this line.
    pub discount: Discount,
    /// What was really paid for the line after its discount, on the cent, when the order says it.
    pub total: Option<Decimal>,
    /// VAT rate, per cent.
    pub rate: Decimal,
    /// Why there is no VAT; wanted when the rate is zero.
    pub natura: Option<Natura>,
    /// The law behind `natura`.
    pub riferimento_normativo: Option<String>,
    /// What else the invoice says of the line.
    pub details: LineDetails,
}

/// What few lines have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineDetails {
    /// First and last day of a service.
    pub period: (Option<NaiveDate>, Option<NaiveDate>),
    /// The buyer's own reference, up to 20 characters.
    pub reference: Option<String>,
    /// Further data, such as the declaration of intent.
    pub other: Vec<OtherData>,
    /// Whether tax is withheld on it; none means yes when the document has a withholding, except for ancillary expenses.
    pub withheld: Option<bool>,
}

/// Shipping charged on the whole order, to be divided by VAT rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipping {
    /// Text of the line.
    pub description: String,
    /// Amount paid, VAT included.
    pub gross: Decimal,
}

/// How the order was or will be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRequest {
    /// Means of payment.
    pub method: PaymentMethod,
    /// Amount; none means everything that is due. Only the single payment may leave it out.
    pub amount: Option<Decimal>,
    /// Last day to pay.
    pub due_date: Option<NaiveDate>,
    /// Days to pay, counted from the date of the document.
    pub days: Option<u16>,
    /// Reference of the payment provider.
    pub reference: Option<String>,
    /// Account to pay to; none means the seller's own for a bank transfer.
    pub iban: Option<String>,
    /// Bank of that account.
    pub bank: Option<String>,
    /// Who is paid, when it is not the seller.
    pub beneficiary: Option<String>,
}

impl PaymentRequest {
    /// Everything that is due, by this means.
    #[must_use]
    pub const fn new(method: PaymentMethod) -> Self {
        Self {
            method,
            amount: None,
            due_date: None,
            days: None,
            reference: None,
            iban: None,
            bank: None,
            beneficiary: None,
        }
    }
}

/// A contribution to a pension fund that the buyer pays on top of the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundRequest {
    /// Which fund.
    pub kind: FundKind,
    /// Per cent of the base.
    pub rate: Decimal,
    /// The contribution; none means it is worked out.
    pub amount: Option<Decimal>,
    /// What it is worked out on; none means the lines without VAT.
    pub base: Option<Decimal>,
    /// VAT rate of the contribution, per cent.
    pub vat_rate: Decimal,
    /// Why there is no VAT on it.
    pub natura: Option<Natura>,
    /// The law behind `natura`.
    pub riferimento_normativo: Option<String>,
    /// Whether tax is withheld on it too.
    pub withheld: bool,
}

/// Tax or contributions that the buyer keeps back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithholdingRequest {
    /// Which.
    pub kind: WithholdingKind,
    /// Per cent of the base.
    pub rate: Decimal,
    /// The amount; none means it is worked out on the lines and funds that are withheld on.
    pub amount: Option<Decimal>,
    /// Code of the CU form.
    pub reason: String,
}

/// What few documents have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Contracts.
    pub contracts: Vec<DocumentReference>,
    /// Framework agreements.
    pub agreements: Vec<DocumentReference>,
    /// Receipts of the buyer's goods-in.
    pub receipts: Vec<DocumentReference>,
    /// Phases of work in progress, 1 to 999.
    pub phases: Vec<u16>,
    /// How the goods travelled, when the invoice goes with them.
    pub transport: Option<Transport>,
    /// The main invoice, when this one is about transport or packing of its goods.
    pub principal: Option<PrincipalInvoice>,
    /// A new means of transport sold inside the Union.
    pub vehicle: Option<Vehicle>,
    /// Pension funds.
    pub funds: Vec<FundRequest>,
    /// Withholdings.
    pub withholdings: Vec<WithholdingRequest>,
    /// A discount of the whole document that is only told: amounts are already net of it.
    pub told_discounts: Vec<Adjustment>,
    /// Added to the document's total, for totals rounded by agreement.
    pub rounding: Option<Decimal>,
    /// Documents of the year may share this number (art. 73 DPR 633/72).
    pub art73: bool,
    /// Files inside the document.
    pub attachments: Vec<Attachment>,
    /// The buyer's reference to the seller (1.2.6), instead of the seller's own setting.
    pub reference: Option<String>,
    /// Terms of payment; none means instalments when there are several payments, else in full.
    pub terms: Option<PaymentTerms>,
}

/// One invoice or credit note to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRequest {
    /// Type of the document. For those that the buyer makes, TD16 to TD20, TD28 and TD29, the party is the supplier; for
    /// TD21 and TD27 it is ourselves, whatever it says.
    pub document_type: DocumentType,
    /// Number of the document.
    pub number: String,
    /// Italian civil date of the document.
    pub date: NaiveDate,
    /// Identifier of the transmission, up to 10 characters.
    pub progressive: String,
    /// ISO 4217.
    pub currency: String,
    /// Who buys.
    pub buyer: Buyer,
    /// What was sold; amounts positive also in a credit note.
    pub lines: Vec<GrossLine>,
    /// Shipping to be divided by rate; a shipping line with its own rate goes into `lines`.
    pub shipping: Option<Shipping>,
    /// Coupon on the whole order, VAT included, to be divided over the lines.
    pub order_discount: Option<Decimal>,
    /// The orders, with CIG and CUP for public bodies.
    pub orders: Vec<DocumentReference>,
    /// The invoices that a credit or debit note corrects, that an integration completes, or that were paid in advance.
    pub linked_invoices: Vec<DocumentReference>,
    /// Transport documents of a deferred invoice.
    pub transport_documents: Vec<TransportDocument>,
    /// Whether the buyer pays the VAT to the Treasury itself; none means as the kind of buyer and the settings say.
    pub split_payment: Option<bool>,
    /// Free text on the document.
    pub causale: Option<String>,
    /// Payments; those without an amount share what is left.
    pub payments: Vec<PaymentRequest>,
    /// The rest.
    pub extra: Extra,
}

/// What to write where a foreign buyer has no Italian datum; usual practice, the exchange system does not check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholders {
    /// Number of a foreign private person.
    pub consumer_number: String,
    /// Number of a business outside the EU that has none.
    pub business_number: String,
    /// Postcode abroad.
    pub cap: String,
    /// Province abroad; usually left out, some write `EE`.
    pub provincia: Option<String>,
    /// Whether the foreign postcode is written behind the street, for the postman.
    pub postcode_in_street: bool,
    /// Whether postcodes of San Marino and the Vatican, which are of the Italian kind, are written.
    pub italian_postcodes: bool,
    /// Whether VAT numbers of the Union must have the form and the check digits of their country.
    pub verify_numbers: bool,
}

impl Default for Placeholders {
    fn default() -> Self {
        Self {
            consumer_number: "0000000".to_owned(),
            business_number: "OO99999999999".to_owned(),
            cap: "00000".to_owned(),
            provincia: None,
            postcode_in_street: true,
            italian_postcodes: true,
            verify_numbers: true,
        }
    }
}

/// Choices that hold for every invoice of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "choices of the user that do not depend on each other")]
pub struct BuildSettings {
    /// Values for foreign buyers.
    pub placeholders: Placeholders,
    /// Who transmits; none means the seller itself.
    pub sender: Option<VatId>,
    /// Public bodies pay the VAT to the Treasury themselves (`EsigibilitaIVA` `S`), where the request does not say it.
    pub split_payment: bool,
    /// Declare the stamp duty when the amounts without VAT exceed 77.47 euro.
    pub declare_stamp_duty: bool,
    /// Charge it to the buyer, with a line of 2.00 euro.
    pub charge_stamp_duty: bool,
    /// Net prices with all of their eight decimals, instead of as many as they need.
    pub full_decimals: bool,
    /// Who issues in the name of the seller.
    pub issuer: Option<Issuer>,
}

impl Default for BuildSettings {
    fn default() -> Self {
        Self {
            placeholders: Placeholders::default(),
            sender: None,
            split_payment: true,
            declare_stamp_duty: true,
            charge_stamp_duty: false,
            full_decimals: false,
            issuer: None,
        }
    }
}
