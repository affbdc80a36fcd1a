//! Which document a line goes on, from its VAT treatment; and what corrects it when money goes back.
//!
//! Sources: DPR 633/72 art. 21 (invoices, 12 days; deferred by the 15th of the next month), art. 22 (none for mail order
//! unless asked for in time), art. 24 (register of corrispettivi), art. 26 (credit notes), art. 74-quinquies with
//! art. 61 Reg. 282/2011 (OSS corrections in a later return), Ris. 274/E/2009 (returns without an invoice).

use polars::prelude::{DataType, Expr, NULL, lit, when};

use super::words::{DEPOSIT, PAYMENT, PURCHASE};

/// What an invoice goes out as.
pub const INVOICE: &str = "invoice";
/// One invoice for the deliveries of a month.
pub const DEFERRED: &str = "deferred_invoice";
/// A simplified invoice (art. 21-bis).
pub const SIMPLIFIED: &str = "simplified_invoice";
/// An invoice for an advance.
pub const DEPOSIT_INVOICE: &str = "deposit_invoice";
/// A credit note.
pub const CREDIT_NOTE: &str = "credit_note";
/// The seller's own document for goods given away.
pub const SELF_INVOICE: &str = "self_invoice";
/// The buyer's integration of a purchase.
pub const INTEGRATION: &str = "integration";
/// A row of the register of corrispettivi; negative for a refund.
pub const CORRISPETTIVI: &str = "corrispettivi";
/// A row of the OSS return of its quarter; negative for a refund.
pub const OSS: &str = "oss";
/// A correction of an earlier quarter inside a later OSS return.
pub const OSS_CORRECTION: &str = "oss_correction";
/// A row of the import scheme.
pub const IOSS: &str = "ioss";
/// Money, not a supply: a multi-purpose voucher or a discount that somebody else pays.
pub const PAYMENT_KIND: &str = "payment";
/// For the books kept abroad.
pub const FOREIGN: &str = "foreign";
/// The platform is the buyer.
pub const PLATFORM: &str = "platform";
/// Not decided: nothing may be issued yet.
pub const HOLD: &str = "hold";
/// No document and no register.
pub const NONE: &str = "none";

/// Kinds that are documents of the seller, which get a key.
pub const DOCUMENTS: [&str; 7] =
    [INVOICE, DEFERRED, SIMPLIFIED, DEPOSIT_INVOICE, CREDIT_NOTE, SELF_INVOICE, INTEGRATION];
/// Kinds that a credit note corrects.
pub const CREDITABLE: [&str; 4] = [INVOICE, DEFERRED, SIMPLIFIED, DEPOSIT_INVOICE];
/// Kinds that count as the sales of the shop; what the buyers paid is their sum.
pub const SALES: [&str; 13] = [
    INVOICE,
    DEFERRED,
    SIMPLIFIED,
    DEPOSIT_INVOICE,
    CREDIT_NOTE,
    CORRISPETTIVI,
    OSS,
    OSS_CORRECTION,
    IOSS,
    FOREIGN,
    PLATFORM,
    HOLD,
    NONE,
];

/// Whether a text is one of `words`; false for null.
#[must_use]
pub fn is_one_of(value: &Expr, words: &[&str]) -> Expr {
    let any = words.iter().map(|word| value.clone().eq(lit(*word))).reduce(Expr::or);
    any.unwrap_or_else(|| lit(false)).fill_null(lit(false))
}

/// An absent text.
#[must_use]
pub fn no_text() -> Expr {
    lit(NULL).cast(DataType::String)
}

/// What is known of a line of a sale.
pub struct Decision {
    /// `vat_document`.
    pub document: Expr,
    /// `vat_tipo_documento`.
    pub tipo: Expr,
    /// `vat_register`.
    pub register: Expr,
    /// The kind of the line.
    pub line: Expr,
    /// What happened.
    pub event: Expr,
    /// Whether invoices that nobody must issue (OSS sales, on request) are issued.
    pub optional_invoices: bool,
    /// Whether an invoice becomes a deferred one.
    pub deferred: Expr,
}

impl Decision {
    /// The kind of the document; null where the words fit no sale.
    #[must_use]
    pub fn kind(&self) -> Expr {
        let document = |words: &[&str]| is_one_of(&self.document, words);
        let register = |word: &str| is_one_of(&self.register, &[word]);
        let invoice = document(&["invoice_mandatory", "invoice_on_request"]);
        let invoice = if self.optional_invoices { invoice.or(document(&["invoice_optional"])) } else { invoice };
        let issued = when(is_one_of(&self.line, &[DEPOSIT]).and(self.event.clone().eq(lit("deposit"))))
            .then(lit(DEPOSIT_INVOICE))
            .when(self.deferred.clone())
            .then(lit(DEFERRED))
            .when(is_one_of(&self.tipo, &["TD07"]))
            .then(lit(SIMPLIFIED))
            .otherwise(lit(INVOICE));
        when(is_one_of(&self.line, &PAYMENT))
            .then(lit(PAYMENT_KIND))
            .when(document(&["hold"]))
            .then(lit(HOLD))
            .when(is_one_of(&self.event, &[PURCHASE]).and(document(&["integration"])))
            .then(lit(INTEGRATION))
            .when(document(&["foreign_rules"]).or(document(&["none"]).and(register("foreign_books"))))
            .then(lit(FOREIGN))
            .when(document(&["invoice_to_platform"]))
            .then(lit(PLATFORM))
            .when(document(&["self_invoice"]))
            .then(lit(SELF_INVOICE))
            .when(invoice)
            .then(issued)
            .when(document(&["none", "invoice_optional"]).and(register("oss_records")))
            .then(lit(OSS))
            .when(document(&["none", "invoice_optional"]).and(register("ioss_records")))
            .then(lit(IOSS))
            .when(document(&["none"]).and(register("corrispettivi_art24")))
            .then(lit(CORRISPETTIVI))
            .when(document(&["none"]).and(register("none")))
            .then(lit(NONE))
            .otherwise(no_text())
    }
}

/// What is known of a refund and of what it gives back.
pub struct Refund {
    /// Kind of the original.
    pub original: Expr,
    /// Quarter of the original.
    pub original_period: Expr,
    /// Quarter of the refund.
    pub period: Expr,
    /// Kind of the line.
    pub line: Expr,
}

impl Refund {
    /// The kind of what corrects the original.
    #[must_use]
    pub fn kind(&self) -> Expr {
        let original = |words: &[&str]| is_one_of(&self.original, words);
        let same_quarter = self.original_period.clone().eq(self.period.clone());
        when(is_one_of(&self.line, &PAYMENT))
            .then(lit(PAYMENT_KIND))
            .when(original(&CREDITABLE))
            .then(lit(CREDIT_NOTE))
            .when(original(&[OSS, OSS_CORRECTION]).and(same_quarter))
            .then(lit(OSS))
            .when(original(&[OSS, OSS_CORRECTION]))
            .then(lit(OSS_CORRECTION))
            .otherwise(self.original.clone())
    }
}

/// The kind of the original, told from what `vat` decided for a refund; null where that is no correction.
#[must_use]
pub fn original_of(document: &Expr) -> Expr {
    when(is_one_of(document, &["credit_note"]))
        .then(lit(INVOICE))
        .when(is_one_of(document, &["corrispettivi_adjustment"]))
        .then(lit(CORRISPETTIVI))
        .when(is_one_of(document, &["oss_correction", "oss_adjustment_same_period"]))
        .then(lit(OSS))
        .otherwise(no_text())
}

/// The type of the document (`TD01`); null where none is issued. `tipo` is what `vat` says.
#[must_use]
pub fn tipo_documento(kind: &Expr, tipo: &Expr, original: &Expr) -> Expr {
    let kind = |word: &str| is_one_of(kind, &[word]);
    when(kind(INVOICE).or(kind(SELF_INVOICE)).or(kind(INTEGRATION)))
        .then(when(is_one_of(tipo, &["TD24"])).then(lit("TD01")).otherwise(tipo.clone()))
        .when(kind(DEFERRED))
        .then(when(is_one_of(tipo, &["TD25"])).then(lit("TD25")).otherwise(lit("TD24")))
        .when(kind(SIMPLIFIED))
        .then(lit("TD07"))
        .when(kind(DEPOSIT_INVOICE))
        .then(lit("TD02"))
        .when(kind(CREDIT_NOTE))
        .then(when(is_one_of(original, &[SIMPLIFIED])).then(lit("TD08")).otherwise(lit("TD04")))
        .otherwise(lit(NULL))
}
