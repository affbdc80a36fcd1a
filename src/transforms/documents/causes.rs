//! What can be wrong with the line of an order, in words; `rules` says when.

/// A cause for which a line is rejected.
pub(super) struct Cause {
    /// Stable name.
    pub name: &'static str,
    /// Canonical column that is shown.
    pub column: &'static str,
    /// What is wrong and what to do.
    pub english: &'static str,
    /// The same in Italian.
    pub italian: &'static str,
}

pub(super) const NO_ORDER: Cause = Cause {
    name: "missing-value",
    column: "order",
    english: "the line belongs to no order",
    italian: "la riga non appartiene a nessun ordine",
};

pub(super) const NO_DATE: Cause = Cause {
    name: "missing-date",
    column: "supply_date",
    english: "the date is missing: rate, document and register depend on it",
    italian: "manca la data, da cui dipendono aliquota, documento e registro",
};

pub(super) const NO_AMOUNT: Cause = Cause {
    name: "missing-amount",
    column: "gross",
    english: "the amount of the line is missing",
    italian: "manca l'importo della riga",
};

pub(super) const UNKNOWN_KIND: Cause = Cause {
    name: "unknown-line-kind",
    column: "line_kind",
    english: "the kind of line is none of item, shipping, wrapping, fee, discount, voucher, sponsored, deposit, gift, amount",
    italian: "il tipo di riga non è fra articolo, spedizione, confezione, contrassegno, sconto, buono, sconto_marketplace, \
              acconto, omaggio, importo",
};

pub(super) const UNKNOWN_EVENT: Cause = Cause {
    name: "unknown-event",
    column: "event",
    english: "the event is none of sale, return, purchase",
    italian: "l'evento non è fra vendita, reso, acquisto",
};

pub(super) const AMOUNT_IN_A_SALE: Cause = Cause {
    name: "amount-in-a-sale",
    column: "line_kind",
    english: "a line of kind `amount` is a sum given back: in a sale say what it was for",
    italian: "una riga di tipo `importo` è una somma restituita: in una vendita va detto per che cosa",
};

pub(super) const NOT_CLASSIFIED: Cause = Cause {
    name: "not-classified",
    column: "order",
    english: "the line has no VAT treatment: `vat` must come before `documents`",
    italian: "la riga non ha un trattamento IVA: prima di `documents` serve il passo `vat`",
};

pub(super) const NOT_COVERED: Cause = Cause {
    name: "treatment-not-covered",
    column: "order",
    english: "document and register of this VAT treatment do not fit a sale",
    italian: "documento e registro di questo trattamento IVA non sono di una vendita",
};

pub(super) const NO_RATE: Cause = Cause {
    name: "missing-rate",
    column: "order",
    english: "a line with several rates, or with none: give each rate a line of its own",
    italian: "una riga con più aliquote, o senza: ogni aliquota vuole una riga sua",
};

pub(super) const NO_BUYER: Cause = Cause {
    name: "deferred-without-buyer",
    column: "buyer",
    english: "a deferred invoice needs the buyer's code: map `buyer`",
    italian: "la fattura differita richiede il codice del cliente: indicare `buyer`",
};

pub(super) const NO_DDT: Cause = Cause {
    name: "deferred-without-ddt",
    column: "ddt_number",
    english: "a deferred invoice needs the number of the transport document",
    italian: "la fattura differita richiede il numero del documento di trasporto",
};

pub(super) const DAYS_DIFFER: Cause = Cause {
    name: "order-disagrees",
    column: "",
    english: "the lines of the order have different dates: correct them, or say which `shipment` each belongs to",
    italian: "le righe dell'ordine hanno date diverse: correggerle, o indicare la spedizione (`shipment`) di ognuna",
};

pub(super) const BUYERS_DIFFER: Cause = Cause {
    name: "order-disagrees",
    column: "",
    english: "the lines of the order have different buyers",
    italian: "le righe dell'ordine hanno clienti diversi",
};

pub(super) const BELOW_ZERO: Cause = Cause {
    name: "negative-order",
    column: "",
    english: "discounts and deposits are more than the goods: the order is below zero",
    italian: "sconti e acconti superano la merce: l'ordine è sotto zero",
};

pub(super) const NOTHING_TO_FOLLOW: Cause = Cause {
    name: "nothing-to-follow",
    column: "",
    english: "a charge, a discount or a voucher follows the goods of its order, and the order has none here",
    italian: "una spesa, uno sconto o un buono segue la merce del suo ordine, e qui l'ordine non ne ha",
};

pub(super) const HELD: Cause = Cause {
    name: "order-held",
    column: "",
    english: "another line of the order is wrong: it is issued whole or not at all",
    italian: "un'altra riga dell'ordine è sbagliata: l'ordine si documenta per intero o per niente",
};
