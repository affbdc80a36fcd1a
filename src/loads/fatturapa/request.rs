//! The rows of one document as a request for an invoice.

use chrono::NaiveDate;

use crate::context::Project;
use crate::domain::fatturapa::codes::{DocumentType, PaymentMethod};
use crate::domain::fatturapa::request::{Extra, Shipping};
use crate::domain::fatturapa::{Buyer, BuyerKind, InvoiceRequest};
use crate::loads::fatturapa::attach::attachments;
use crate::loads::fatturapa::blocks;
use crate::loads::fatturapa::columns::Column;
use crate::loads::fatturapa::issue::Key;
use crate::loads::fatturapa::link::Links;
use crate::loads::fatturapa::means::Means;
use crate::loads::fatturapa::rows::{Refusal, Row, Rows, refusal};

/// What holds for every document of a load.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// Means of payment of orders that do not say it.
    pub payment: PaymentMethod,
    /// What the words of rows mean.
    pub means: Means,
    /// Date of all documents, when it is not in the rows.
    pub date: Option<NaiveDate>,
    /// Type of documents whose rows do not say it.
    pub document_type: DocumentType,
    /// Text of the line of shipping that is divided by rate.
    pub shipping: String,
}

/// A request, and which of its linked invoices have no number yet.
pub type Requested = (InvoiceRequest, Vec<(usize, Key)>);

/// The request of a document. `date` is that of the same document issued before; `number` holds the place of its own.
///
/// # Errors
/// The first cell that cannot be read.
pub fn request(
    (document_type, order): &Key,
    rows: Rows<'_>,
    date: Option<NaiveDate>,
    number: String,
    defaults: &Defaults,
    links: &Links,
    project: &Project,
) -> Result<Requested, Refusal> {
    let document_type = *document_type;
    let date = date.or(defaults.date).or_else(|| rows.first(|row| row.date(Column::DocumentDate)));
    let date = date.ok_or_else(|| {
        let (english, italian) = ("the document has no date".to_owned(), "il documento non ha data".to_owned());
        refusal("missing-date", english, italian, None)
    })?;
    let lines = rows.iter().filter(|row| row.is_line()).map(Row::line).collect::<Result<Vec<_>, _>>()?;
    let buyer = if document_type.is_to_oneself() {
        Buyer { kind: BuyerKind::Business, ..Buyer::default() }
    } else {
        rows.buyer()?
    };
    let shipping = rows.first(|row| row.number(Column::OrderShipping).filter(|amount| !amount.is_zero()));
    let (linked_invoices, waiting) = blocks::linked(rows, links)?;
    let request = InvoiceRequest {
        document_type,
        number,
        date,
        progressive: "00001".to_owned(),
        currency: "EUR".to_owned(),
        buyer,
        lines,
        shipping: shipping.map(|gross| Shipping { description: defaults.shipping.clone(), gross }),
        order_discount: rows.first(|row| row.number(Column::OrderDiscount)),
        orders: blocks::orders(order, rows)?,
        linked_invoices,
        transport_documents: blocks::transport_documents(rows)?,
        split_payment: blocks::split_payment(rows)?,
        causale: rows.text(Column::Causale),
        payments: blocks::payments(rows, defaults.payment, &defaults.means)?,
        extra: Extra { attachments: attachments(rows, project)?, ..blocks::extra(rows)? },
    };
    Ok((request, waiting))
}
