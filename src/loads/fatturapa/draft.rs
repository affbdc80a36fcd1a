//! From the rows of one document to a document without its number, accepted by every control, or the reason why there is
//! none.

use chrono::NaiveDate;

use crate::domain::fatturapa::codes::DocumentType;
use crate::domain::fatturapa::conform::judge_tree;
use crate::domain::fatturapa::judge::MOST_BYTES;
use crate::domain::fatturapa::lot::is_too_large;
use crate::domain::fatturapa::schema::Family;
use crate::domain::fatturapa::text::TextChange;
use crate::domain::fatturapa::tree::{Node, Tree};
use crate::domain::fatturapa::{
    BuildError, BuildSettings, Finding, InvoiceRequest, Reason, Seller, build, build_simplified, to_simplified_tree,
    to_tree,
};
use crate::domain::money::Decimal;
use crate::loads::fatturapa::columns::Column;
use crate::loads::fatturapa::issue::Key;
use crate::loads::fatturapa::request::Requested;
use crate::loads::fatturapa::rows::{Refusal, reasoned, refusal};
use crate::loads::format::row::Problem;

/// A document that may be issued, waiting for its number.
pub struct Draft {
    /// The document.
    pub tree: Tree,
    /// Its date.
    pub date: NaiveDate,
    /// Who buys.
    pub buyer: String,
    /// What its texts cost.
    pub changes: Vec<TextChange>,
    /// What the exchange system takes and is worth a look.
    pub warnings: Vec<Finding>,
    /// Linked invoices that have no number yet: the place among the linked ones, and the document.
    pub waiting: Vec<(usize, Key)>,
}

/// Builds and judges a document.
///
/// # Errors
/// Why the exchange system, or the buyer, would not take it.
pub fn draft(
    (request, waiting): Requested,
    seller: &Seller,
    settings: &BuildSettings,
    received: NaiveDate,
) -> Result<Draft, Refusal> {
    let request = &request;
    let mut tree = Tree::new(Family::Ordinary);
    let changes = if request.document_type.is_simplified() {
        let built = build_simplified(request, seller, settings).map_err(|errors| joined(&errors))?;
        to_simplified_tree(&built.invoice, &mut tree);
        built.changes
    } else {
        let built = build(request, seller, settings).map_err(|errors| joined(&errors))?;
        to_tree(&built.invoice, &mut tree);
        built.changes
    };
    let findings = judge_tree(&tree, Some(received));
    if let Some(finding) = findings.iter().find(|finding| is_refusal(finding)) {
        return Err(refused(finding));
    }
    if is_too_large(&tree) {
        return Err(too_large(request));
    }
    Ok(Draft { tree, date: request.date, buyer: buyer(request), changes, warnings: findings, waiting })
}

/// The buyer's name, or the number by which a document without a name knows them.
fn buyer(request: &InvoiceRequest) -> String {
    let buyer = &request.buyer;
    let person = [&buyer.nome, &buyer.cognome].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let firm = buyer.denominazione.clone().filter(|name| !name.is_empty());
    let numbers = || buyer.partita_iva.clone().or_else(|| buyer.codice_fiscale.clone()).unwrap_or_default();
    firm.or_else(|| (!person.is_empty()).then_some(person)).unwrap_or_else(numbers)
}

impl Draft {
    /// The total of the document: the one it says, else the sum of its amounts.
    #[must_use]
    pub fn total(&self) -> Option<Decimal> {
        let of = |name: &'static str| self.tree.nodes().filter(move |node| node.element().name == name);
        let said = of("ImportoTotaleDocumento").next().and_then(Node::decimal);
        // Only the simplified format has amounts of this code.
        let mut amounts = of("Importo").filter(|node| node.element().code == "2.2.2").filter_map(Node::decimal);
        said.or_else(|| amounts.try_fold(Decimal::from(0), Decimal::add))
    }
}

/// All reasons of a document in one reject.
fn joined(errors: &[BuildError]) -> Refusal {
    let join = |texts: Vec<&str>| texts.join("; ");
    let message = join(errors.iter().map(|error| error.message_en.as_str()).collect());
    let message_it = join(errors.iter().map(|error| error.message_it.as_str()).collect());
    let first = errors.first();
    let cause = first.map_or("not-an-invoice", |first| first.reason.as_str());
    let column = first.map(|first| first.field.clone());
    let value = first.map(|first| first.value.clone()).filter(|value| !value.is_empty());
    (Problem { cause, column, message, message_it }, value)
}

fn refused(finding: &Finding) -> Refusal {
    let (code, path) = (finding.code, &finding.path);
    let english = format!("the exchange system would refuse it with {code} at {path}: {}", finding.message_en);
    let italian = format!("il SdI la scarterebbe con {code} in {path}: {}", finding.message_it);
    let (mut problem, value) = refusal("sdi-control", english, italian, Some(finding.value.clone()));
    problem.column = Some(path.clone());
    (problem, value)
}

fn too_large(request: &InvoiceRequest) -> Refusal {
    if let Some(attachment) = request.extra.attachments.first() {
        return reasoned(Reason::AttachmentTooLarge, Column::AttachmentPath, &attachment.nome);
    }
    let english = format!("the invoice is larger than {MOST_BYTES} bytes: divide the order");
    let italian = format!("la fattura supera {MOST_BYTES} byte: dividere l'ordine");
    refusal("invoice-too-large", english, italian, None)
}

/// An error, or a number that the registers of the exchange system cannot contain.
fn is_refusal(finding: &Finding) -> bool {
    finding.is_error() || (finding.code.starts_with("003") && finding.code != "00327")
}

/// The type of a document; that of the load when the rows do not say.
///
/// # Errors
/// It is no type of document.
pub fn document_type(written: &str, default: DocumentType) -> Result<DocumentType, Refusal> {
    match written.trim() {
        "" => Ok(default),
        code => DocumentType::from_code(code).ok_or_else(|| {
            let english = format!("`{code}` is not a type of document, such as TD01");
            let italian = format!("`{code}` non è un tipo di documento, come TD01");
            refusal("bad-document-type", english, italian, Some(code.to_owned()))
        }),
    }
}
